//! What a setting is, apart from its value.

/// What every variable of ours starts with.
pub(super) const PREFIX: &str = "THREADLINE_";

/// Settings whose variables others have named: hosting platforms, Kafka's own tools, identity providers' guides.
const FIXED_VARIABLES: [(&str, &str); 6] = [
    ("database.url", "DATABASE_URL"),
    ("kafka.brokers", "KAFKA_BROKERS"),
    ("auth.jwt_secret", "THREADLINE_JWT_SECRET"),
    ("auth.jwks_url", "THREADLINE_JWKS_URL"),
    ("auth.issuer", "THREADLINE_JWT_ISSUER"),
    ("auth.audience", "THREADLINE_JWT_AUDIENCE"),
];

/// A setting: what may be said, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, such as `edge.listen`. What stands before the last dot is the part of the program that it is for; the name
    /// ends with its unit.
    pub key: &'static str,
    /// The variable that sets it.
    pub variable: String,
    /// What it means, in one sentence or two.
    pub help: &'static str,
    /// What it can be, such as `a whole number from 1 to 1024`.
    pub expected: String,
    /// How a file spells its value.
    pub spelling: Spelling,
    /// What is in force when nobody says anything; nothing when the setting is off then.
    pub default: Option<String>,
    /// Whether its value is never shown.
    pub is_secret: bool,
}

/// How a configuration file spells a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As it is: a number, `true` or `false`.
    Bare,
    /// As a text in quotes.
    Text,
    /// As an array of texts.
    List,
}

/// The variable that sets a key: [`PREFIX`] and the key in capitals, with underscores for dots.
pub(super) fn variable_of(key: &str) -> String {
    let fixed = FIXED_VARIABLES.iter().find(|(of, _)| *of == key);
    fixed.map_or_else(
        || format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase()),
        |(_, name)| (*name).to_owned(),
    )
}
