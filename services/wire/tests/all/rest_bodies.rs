//! Bodies of REST requests: what is understood, and how the rest is refused.

use threadline_domain::thread::{ChangeThread, CreateThread, EditMessage, Kind, MessageKind, PostMessage, Role};
use threadline_domain::{MessageId, Metadata};
use threadline_wire::json::{self, SignIn};
use threadline_wire::{ErrorCode, RequestError};

use crate::samples::{message, user};

const OTHER: &str = "019c1111-2222-7333-8444-555566660001";

fn minted() -> MessageId {
    message(9)
}

#[test]
fn every_body_is_understood() {
    let create = CreateThread {
        kind: Kind::Group,
        key: Some("k".into()),
        title: Some("t".into()),
        metadata: Metadata::from_canonical_json(r#"{"a":1,"b":2}"#),
        participants: vec![user("ann"), user("ben")],
    };
    let body = br#"{"kind":"group","participants":["ann","ben"],"title":"t","key":"k","metadata":{"b":2,"a":1}}"#;
    assert_eq!(json::create_thread(body), Ok(create));

    assert_eq!(json::change_thread(b"{}"), Ok(ChangeThread { title: None, metadata: None }));
    assert_eq!(json::change_thread(br#"{"title":null}"#), Ok(ChangeThread { title: Some(None), metadata: None }));
    let title = Some(Some("t".into()));
    let change = ChangeThread { title, metadata: Some(Metadata::default()) };
    assert_eq!(json::change_thread(br#"{"title":"t","metadata":{}}"#), Ok(change));

    assert_eq!(json::add_member(br#"{"user":"ben"}"#), Ok((user("ben"), Role::Member)));
    assert_eq!(json::add_member(br#"{"user":"ben","role":"admin"}"#), Ok((user("ben"), Role::Admin)));
    assert_eq!(json::change_role(br#"{"role":"owner"}"#), Ok(Role::Owner));

    let post = PostMessage {
        message: minted(),
        kind: MessageKind::Text,
        content: "hi".into(),
        metadata: Metadata::default(),
        reply_to: None,
    };
    assert_eq!(json::post_message(br#"{"content":"hi"}"#, minted()), Ok(post.clone()));
    let body = format!(r#"{{"id":{OTHER:?},"kind":"file","content":"hi"}}"#);
    let named = PostMessage { message: message(1), kind: MessageKind::File, ..post };
    assert_eq!(json::post_message(body.as_bytes(), minted()), Ok(named));

    let edit = EditMessage { message: minted(), content: "ho".into(), metadata: None };
    assert_eq!(json::edit_message(br#"{"content":"ho"}"#, minted()), Ok(edit));

    for (body, number) in [("", None), (" \n", None), ("{}", None), (r#"{"number":7}"#, Some(7))] {
        assert_eq!(json::mark_read(body.as_bytes()), Ok(number), "{body}");
    }

    let plain = SignIn { user: user("ann"), name: None, ttl_s: 3_600 };
    assert_eq!(json::sign_in(br#"{"user":"ann"}"#), Ok(plain.clone()));
    let full = SignIn { name: Some("Ann".into()), ttl_s: 86_400, ..plain };
    assert_eq!(json::sign_in(br#"{"user":"ann","name":" Ann ","ttl_s":86400}"#), Ok(full));
}

#[test]
fn a_bad_body_names_its_field() {
    let create = |body: &str| json::create_thread(body.as_bytes()).unwrap_err();
    let invalid = RequestError::invalid;
    assert_eq!(create(r#"{"participants":[]}"#), invalid("kind", "is missing"));
    assert_eq!(create(r#"{"kind":"club","participants":[]}"#), invalid("kind", "must be one of dm, group, channel"));
    assert_eq!(create(r#"{"kind":"dm"}"#), invalid("participants", "is missing"));
    assert_eq!(
        create(r#"{"kind":"dm","participants":"ann"}"#),
        invalid("participants", "must be an array of user ids")
    );
    assert_eq!(create(r#"{"kind":"dm","participants":["ann",7]}"#), invalid("participants.1", "must be a string"));
    assert_eq!(create(r#"{"kind":"dm","participants":[""]}"#), invalid("participants.0", "must not be empty"));
    assert_eq!(
        create(r#"{"kind":"dm","participants":["ann"],"colour":1}"#),
        invalid("colour", "is not a field of this request")
    );
    assert_eq!(json::change_thread(br#"{"title":7}"#), Err(invalid("title", "must be a string")));
    assert_eq!(json::add_member(br#"{"role":"admin"}"#), Err(invalid("user", "is missing")));
    let role = invalid("role", "must be one of owner, admin, member");
    assert_eq!(json::add_member(br#"{"user":"ben","role":"king"}"#), Err(role.clone()));
    assert_eq!(json::change_role(br#"{"role":"king"}"#), Err(role));
    assert_eq!(json::change_role(b"{}"), Err(invalid("role", "is missing")));
    assert_eq!(json::post_message(b"{}", minted()), Err(invalid("content", "is missing")));
    let number = invalid("number", "must be an integer from 0 on");
    assert_eq!(json::mark_read(br#"{"number":"all"}"#), Err(number));
    let name = |name: &str| json::sign_in(format!(r#"{{"user":"ann","name":"{name}"}}"#).as_bytes()).unwrap_err();
    assert_eq!(name(" "), invalid("name", "must not be empty"));
    assert_eq!(name(&"ü".repeat(101)), invalid("name", "must have at most 100 characters"));
    assert_eq!(
        name("a\\u0007b"),
        invalid("name", "must be one line, without control characters and marks that turn the text's direction")
    );
    for ttl_s in ["0", "86401"] {
        let body = format!(r#"{{"user":"ann","ttl_s":{ttl_s}}}"#);
        assert_eq!(json::sign_in(body.as_bytes()), Err(invalid("ttl_s", "must be 1 to 86400")));
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    for body in [&b""[..], b"[]", b"{", b"\xff", b"{\"content\":\"\xff\"}"] {
        let error = json::edit_message(body, minted()).unwrap_err();
        assert_eq!((error.code, error.field), (ErrorCode::InvalidField, None), "{body:?}");
        assert!(error.detail.starts_with("the body is not "), "{}", error.detail);
    }
}
