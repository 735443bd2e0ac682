//! The described limits are the ones in force.

use threadline_domain::limits;
use threadline_wire::json::{AddMemberBody, CreateThreadBody, EditMessageBody, PostMessageBody};
use utoipa::PartialSchema;

/// A property of a described object.
fn described<T: PartialSchema>(property: &str) -> serde_json::Value {
    serde_json::to_value(T::schema()).unwrap()["properties"][property].take()
}

#[test]
fn described_limits_are_those_of_the_domain() {
    assert_eq!(described::<CreateThreadBody>("title")["maxLength"], limits::TITLE_CHARS_MAX);
    assert_eq!(described::<CreateThreadBody>("key")["maxLength"], limits::THREAD_KEY_CHARS_MAX);
    assert_eq!(described::<CreateThreadBody>("participants")["maxItems"], limits::PARTICIPANTS_MAX);
    assert_eq!(described::<AddMemberBody>("user")["maxLength"], limits::USER_ID_CHARS_MAX);
    assert_eq!(described::<PostMessageBody>("content")["maxLength"], limits::CONTENT_CHARS_MAX);
    assert_eq!(described::<EditMessageBody>("content")["maxLength"], limits::CONTENT_CHARS_MAX);
}
