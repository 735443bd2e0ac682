//! Records of type `user`.

use threadline_domain::{limits, text};

use super::super::lines::Fault;
use super::super::records::UserRecord;
use super::fields::Fields;

/// A name is for display only: what cannot be shown is taken out of it, as out of a token's.
pub(super) fn parse(mut fields: Fields<'_>) -> Result<UserRecord, Fault> {
    let (id, name) = (fields.user("id")?, fields.text("name")?);
    let (id, name) = (Fields::required("id", id)?, Fields::required("name", name)?);
    let name = text::displayed_line(&name, limits::USER_NAME_CHARS_MAX).ok_or_else(|| {
        Fault::of("name", "must have something to see: leave the record out for a user without a name")
    })?;
    fields.finish("a user", "type, id, name")?;
    Ok(UserRecord { id, name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::super::super::records::Record;
    use super::super::fixtures::{parse, refuses};

    const GOOD: &str = r#"{"type":"user","id":12,"name":" Ann\nLee "}"#;

    #[test]
    fn a_name_is_one_line() {
        let Ok(Record::User(user)) = parse(GOOD) else { panic!() };
        assert_eq!((user.id.as_str(), &*user.name), ("12", "AnnLee"));
    }

    #[test]
    fn a_fault_names_its_field() {
        refuses(
            GOOD,
            &[
                ("\"id\":12,", "", Some("id"), "is missing"),
                ("\" Ann\\nLee \"", "\" \"", Some("name"), "must have something to see"),
                ("\" Ann\\nLee \"", "5", Some("name"), "must be a string"),
                ("\"id\"", "\"email\":\"x\",\"id\"", None, "has an unknown field \"email\": a user has type, id, name"),
            ],
        );
    }
}
