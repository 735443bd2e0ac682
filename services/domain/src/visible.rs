//! Which characters people see.

/// Ranges of characters that draw nothing: Unicode's `Default_Ignorable_Code_Point`, and the blank pattern of Braille.
const DRAWN_AS_NOTHING: [(char, char); 18] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a text shows anything at all.
pub(crate) fn shows_anything(text: &str) -> bool {
    text.chars().any(is_visible)
}

fn is_visible(c: char) -> bool {
    // Nearly every text begins with a letter.
    c.is_ascii_graphic()
        || !(c.is_whitespace()
            || c.is_control()
            || DRAWN_AS_NOTHING.iter().any(|(first, last)| (*first..=*last).contains(&c)))
}

/// Whether a character may not be in a single line that people read: it ends the line, or turns the direction of the
/// text after it, which changes how the text reads. Marks of direction and joiners, which some scripts and emoji need,
/// are allowed.
pub(crate) fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_draws_nothing_shows_nothing() {
        let blank = "\u{200b}\u{2800}\u{feff}\u{3164}\u{ad}\u{2060}\u{202e}\u{e0041}\u{fe0f}\u{200d}\u{115f} \t\n\u{a0}\u{3000}";
        for c in blank.chars() {
            assert!(!shows_anything(&c.to_string()), "{c:?}");
        }
        assert!(!shows_anything(blank));
        for text in ["x", ".", "\u{200b}x", "é", "👩\u{200d}🚀", "☺\u{fe0f}", "\u{301}", "中", "\u{1f3f4}\u{e0067}"]
        {
            assert!(shows_anything(text), "{text:?}");
        }
    }

    #[test]
    fn one_line_has_no_breaks_and_no_turns() {
        for c in ['\n', '\u{85}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\0'] {
            assert!(breaks_line(c), "{c:?}");
        }
        for c in ['a', ' ', '\u{200e}', '\u{200f}', '\u{200d}', '\u{5d0}'] {
            assert!(!breaks_line(c), "{c:?}");
        }
    }
}
