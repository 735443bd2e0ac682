//! A page of a list as JSON, within its bound of bytes.

use std::ops::Range;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Problem;

/// Which rows of a page come first when not all of them fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Those listed first.
    First,
    /// Those listed last.
    Last,
    /// The row at this index, and those around it.
    Around(usize),
}

/// Rows as JSON, as many as fit: a part of the list without holes.
pub(super) struct Rows {
    /// Which rows of the list.
    pub(super) kept: Range<usize>,
    json: Vec<Vec<u8>>,
}

impl Rows {
    /// Writes rows until the next one would be too much; at least one is kept, however large it is.
    pub(super) fn fitting<'a, T, J: Serialize>(
        rows: &'a [T],
        keep: Keep,
        bytes_max: usize,
        shown: impl Fn(&'a T) -> J,
    ) -> Result<Self, Problem> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let start = match keep {
            Keep::First => 0,
            Keep::Last => rows.len(),
            Keep::Around(index) => index.min(rows.len()),
        };
        let mut kept = start..start;
        let mut bytes = 0;
        while kept.len() < rows.len() {
            // Around a row, the two sides take turns.
            let down = kept.end < rows.len() && (kept.start == 0 || after.len() <= before.len());
            let index = if down { kept.end } else { kept.start - 1 };
            let json = serde_json::to_vec(&shown(&rows[index])).map_err(|error| {
                tracing::error!(%error, "failed to write a row of a page: {error}");
                Problem::new(threadline_wire::ErrorCode::Internal, "a row cannot be written")
            })?;
            bytes += json.len() + 1;
            if bytes > bytes_max && !kept.is_empty() {
                break;
            }
            if down {
                kept.end += 1;
                after.push(json);
            } else {
                kept.start -= 1;
                before.push(json);
            }
        }
        before.reverse();
        before.append(&mut after);
        Ok(Self { kept, json: before })
    }

    /// `{"<name>":[…],"next":…}`
    pub(super) fn into_page<N: Serialize + ?Sized>(self, name: &str, next: Option<&N>) -> Response {
        let next = serde_json::to_string(&next).unwrap_or_else(|_| "null".into());
        let size = self.json.iter().map(|row| row.len() + 1).sum::<usize>() + name.len() + next.len() + 16;
        let mut body = Vec::with_capacity(size);
        body.extend_from_slice(format!("{{\"{name}\":[").as_bytes());
        for (index, row) in self.json.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(row);
        }
        body.extend_from_slice(format!("],\"next\":{next}}}").as_bytes());
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::{Value, json};

    use super::*;

    fn kept(keep: Keep, bytes_max: usize) -> Range<usize> {
        // Each is 9 bytes with its comma.
        let rows: Vec<u32> = (10_000_000..10_000_010).collect();
        Rows::fitting(&rows, keep, bytes_max, |row| *row).unwrap().kept
    }

    #[test]
    fn a_page_is_cut_where_its_reader_does_not_begin() {
        assert_eq!(kept(Keep::First, 90), 0..10);
        assert_eq!(kept(Keep::First, 89), 0..9);
        assert_eq!(kept(Keep::Last, 27), 7..10);
        assert_eq!(kept(Keep::Around(5), 27), 4..7);
        assert_eq!(kept(Keep::Around(0), 27), 0..3);
        assert_eq!(kept(Keep::Around(9), 27), 7..10);
        assert_eq!(kept(Keep::Around(10), 27), 7..10);
    }

    #[test]
    fn one_row_is_kept_however_large() {
        assert_eq!(kept(Keep::First, 1), 0..1);
        assert_eq!(kept(Keep::Last, 1), 9..10);
        assert_eq!(kept(Keep::Around(3), 1), 3..4);
        let none: [u32; 0] = [];
        assert_eq!(Rows::fitting(&none, Keep::Around(0), 1, |row| *row).unwrap().kept, 0..0);
    }

    #[tokio::test]
    async fn a_page_is_whole_json() {
        for rows in [vec![], vec!["a\"b"], vec!["x", "ü"]] {
            for next in [None, Some("n\"")] {
                let page =
                    Rows::fitting(&rows, Keep::Last, 1_000, |row| *row).unwrap().into_page("rows", next.as_ref());
                assert_eq!(page.headers()[header::CONTENT_TYPE], "application/json");
                let body = to_bytes(page.into_body(), 1_000).await.unwrap();
                assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), json!({"rows": rows, "next": next}));
            }
        }
    }
}
