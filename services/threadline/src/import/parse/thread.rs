//! Records of type `thread`.

use threadline_domain::limits::{THREAD_KEY_CHARS_MAX, TITLE_CHARS_MAX};
use threadline_domain::text;
use threadline_domain::thread::Kind;

use super::super::lines::Fault;
use super::super::records::ThreadRecord;
use super::fields::Fields;

pub(super) fn parse(mut fields: Fields<'_>, prefix: &str) -> Result<ThreadRecord, Fault> {
    let id = fields.old_id("id")?;
    let kind = fields.named("kind", "dm, group, channel")?;
    let record = ThreadRecord {
        id: Fields::required("id", id)?,
        kind: Fields::required("kind", kind)?,
        key: fields.text("key")?.map(|key| format!("{prefix}{key}").into()),
        title: fields.line("title", TITLE_CHARS_MAX)?,
        metadata: fields.metadata("metadata")?,
        created_at: fields.time("created_at")?,
        created_by: fields.user("created_by")?,
    };
    if let Some(key) = &record.key {
        text::check_line(key, THREAD_KEY_CHARS_MAX).map_err(|reason| Fault::of("key", reason))?;
    }
    if record.kind == Kind::Dm {
        let absent = |field| Fault::of(field, "must be absent: a dm is called after the other one");
        match record {
            ThreadRecord { key: Some(_), .. } => return Err(absent("key")),
            ThreadRecord { title: Some(_), .. } => return Err(absent("title")),
            _ => {}
        }
    }
    fields.finish("a thread", "type, id, kind, key, title, metadata, created_at, created_by")?;
    Ok(record)
}

#[cfg(test)]
mod tests {
    use threadline_domain::Timestamp;

    use super::super::super::records::Record;
    use super::super::fixtures::{parse, refuses};
    use super::*;

    const GOOD: &str = r#"{"type":"thread","id":7,"kind":"group","key":"project_305","title":"Tea","metadata":{"b":1.0,"a":2},"created_at":"2026-01-31T12:00:00Z","created_by":12}"#;

    #[test]
    fn a_thread_keeps_what_is_said_of_it() {
        let Ok(Record::Thread(thread)) = parse(GOOD) else { panic!() };
        assert_eq!((&*thread.id.0, thread.kind, thread.key.as_deref()), ("7", Kind::Group, Some("old/project_305")));
        assert_eq!((thread.title.as_deref(), thread.metadata.as_json()), (Some("Tea"), Some(r#"{"a":2,"b":1.0}"#)));
        assert_eq!(thread.created_at, Some(Timestamp(1_769_860_800_000)));
        assert_eq!(thread.created_by.as_ref().map(ToString::to_string).as_deref(), Some("12"));
    }

    #[test]
    fn a_fault_names_its_field() {
        refuses(
            GOOD,
            &[
                ("\"id\":7,", "", Some("id"), "is missing"),
                ("7", "7.5", Some("id"), "must be a string or an integer"),
                ("7", "\"\"", Some("id"), "must not be empty"),
                ("group", "party", Some("kind"), "must be one of dm, group, channel"),
                ("group", "dm", Some("key"), "must be absent: a dm"),
                ("project_305", "a\\nb", Some("key"), "must be one line"),
                ("\"Tea\"", "\" \"", Some("title"), "must not be empty"),
                ("{\"b\":1.0,\"a\":2}", "[]", Some("metadata"), "must be an object"),
                ("2026-01-31T12:00:00Z", "2026-01-31 12:00", Some("created_at"), "must be an RFC 3339 time"),
                ("2026-01-31", "1969-01-31", Some("created_at"), "must not be before 1970"),
                ("2026-01-31", "9999-01-31", Some("created_at"), "must not be in the future"),
                ("12}", "\"service:x\"}", Some("created_by"), "is reserved for services"),
                ("\"title\"", "\"name\"", None, "has an unknown field \"name\": a thread has type, id, kind, key"),
            ],
        );
    }
}
