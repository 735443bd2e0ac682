//! Query parameters: every one is read by name, and what is left over is refused, unless its name begins with `_`: such
//! ones are meant for caches and proxies on the way.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use threadline_domain::Position;

use crate::error::Problem;
use crate::rate::cost::{ROWS_DEFAULT, ROWS_MAX};
use crate::state::Edge;

/// The parameters not yet read.
pub(super) struct Params(BTreeMap<String, Vec<String>>);

impl Params {
    /// One that may stand once.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.all(name);
        match values.len() {
            0 | 1 => Ok(values.pop()),
            _ => Err(Problem::field(name, "stands more than once")),
        }
    }

    /// One that may stand several times.
    pub(super) fn all(&mut self, name: &str) -> Vec<String> {
        self.0.remove(name).unwrap_or_default()
    }

    /// A whole number within a range.
    pub(super) fn number(&mut self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let expected = || format!("must be a whole number from {} to {}", range.start(), range.end());
        number.map(Some).ok_or_else(|| Problem::field(name, expected()))
    }

    /// How many elements a page shall have at most.
    pub(super) fn limit(&mut self) -> Result<u32, Problem> {
        let rows = self.number("limit", 1..=u64::from(ROWS_MAX))?;
        Ok(rows.map_or(ROWS_DEFAULT, |rows| rows as u32))
    }

    /// Waits until the projections have what the request says it has seen. Refuses what was not read, so it comes last.
    pub(super) async fn finish_at_least(mut self, edge: &Edge) -> Result<(), Problem> {
        let at_least = self.text("at_least")?;
        self.finish()?;
        let Some(text) = at_least else { return Ok(()) };
        let position: Position =
            text.parse().map_err(|_| Problem::field("at_least", "is not a position, such as messages:3:1234"))?;
        edge.wait_for_named(position).await
    }

    /// Refuses what was not read.
    pub(super) fn finish(self) -> Result<(), Problem> {
        match self.0.into_keys().find(|name| !name.starts_with('_')) {
            None => Ok(()),
            Some(name) => Err(Problem::field(name, "is not a parameter of this call")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut params = BTreeMap::<_, Vec<_>>::new();
        for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).ok_or_else(|| Problem::field("query", "has a name that is not UTF-8"))?;
            let value = decoded(value).ok_or_else(|| Problem::field(&name, "is not UTF-8"))?;
            params.entry(name).or_default().push(value);
        }
        Ok(Self(params))
    }
}

/// Decodes a part of a form; none where its bytes are not UTF-8.
fn decoded(part: &str) -> Option<String> {
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn params(query: &str) -> Result<Params, Problem> {
        let (mut parts, ()) = Request::builder().uri(format!("/x?{query}")).body(()).unwrap().into_parts();
        Params::from_request_parts(&mut parts, &()).await
    }

    fn field_of(problem: &Problem) -> String {
        format!("{problem:?}").split("field: Some(\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn what_was_not_read_is_refused_by_name() {
        let mut some = params("limit=3&colour=red").await.unwrap();
        assert_eq!(some.limit().unwrap(), 3);
        assert_eq!(field_of(&some.finish().unwrap_err()), "colour");
    }

    #[tokio::test]
    async fn numbers_are_bounded_and_stand_once() {
        for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "limit=1&limit=1"] {
            assert_eq!(field_of(&params(query).await.unwrap().limit().unwrap_err()), "limit", "{query}");
        }
        assert_eq!(params("").await.unwrap().limit().unwrap(), 50);
        assert_eq!(field_of(&params("a=%ff").await.err().unwrap()), "a");
        assert_eq!(field_of(&params("%ff=a").await.err().unwrap()), "query");
    }

    #[tokio::test]
    async fn values_are_decoded_as_forms_are() {
        let mut some = params("a=x+y%2Bz&b=%EF%BF%BD&c&=d&&e=%").await.unwrap();
        for (name, value) in [("a", "x y+z"), ("b", "\u{fffd}"), ("c", ""), ("", "d"), ("e", "%")] {
            assert_eq!(some.text(name).unwrap().as_deref(), Some(value), "{name}");
        }
    }

    #[tokio::test]
    async fn what_begins_with_an_underscore_is_for_others() {
        assert!(params("_=1700000000000&_nocache=x").await.unwrap().finish().is_ok());
        assert!(params("a_=1").await.unwrap().finish().is_err());
    }
}
