//! Records of type `member`.

use super::super::lines::Fault;
use super::super::records::MemberRecord;
use super::fields::Fields;

pub(super) fn parse(mut fields: Fields<'_>) -> Result<MemberRecord, Fault> {
    let (thread, user) = (fields.old_id("thread")?, fields.user("user")?);
    let record = MemberRecord {
        thread: Fields::required("thread", thread)?,
        user: Fields::required("user", user)?,
        role: fields.named("role", "owner, admin, member")?,
        joined_at: fields.time("joined_at")?,
        left_at: fields.time("left_at")?,
    };
    if let (Some(joined_at), Some(left_at)) = (record.joined_at, record.left_at)
        && left_at < joined_at
    {
        return Err(Fault::of("left_at", "must not be before joined_at"));
    }
    fields.finish("a member", "type, thread, user, role, joined_at, left_at")?;
    Ok(record)
}

#[cfg(test)]
mod tests {
    use threadline_domain::thread::Role;

    use super::super::super::records::Record;
    use super::super::fixtures::{parse, refuses};

    const GOOD: &str = r#"{"type":"member","thread":"7","user":12,"role":"admin","joined_at":"2026-01-31T12:00:00Z","left_at":"2026-02-01T12:00:00+00:00"}"#;

    #[test]
    fn a_member_keeps_what_is_said_of_it() {
        let Ok(Record::Member(member)) = parse(GOOD) else { panic!() };
        assert_eq!((&*member.thread.0, member.user.as_str(), member.role), ("7", "12", Some(Role::Admin)));
        assert!(member.joined_at < member.left_at);
    }

    #[test]
    fn a_fault_names_its_field() {
        refuses(
            GOOD,
            &[
                ("\"thread\":\"7\",", "", Some("thread"), "is missing"),
                ("\"user\":12,", "\"user\":null,", Some("user"), "is missing"),
                ("12,", "true,", Some("user"), "must be a string or an integer"),
                ("12,", "\"a b\",", Some("user"), "must have no white space"),
                ("admin", "boss", Some("role"), "must be one of owner, admin, member"),
                ("2026-02-01", "2026-01-01", Some("left_at"), "must not be before joined_at"),
                ("joined_at", "since", None, "has an unknown field \"since\""),
            ],
        );
    }
}
