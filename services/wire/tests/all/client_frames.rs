//! Frames from clients: what is understood, and how the rest is refused.

use proptest::prelude::*;
use threadline_domain::thread::{EditMessage, MessageKind, PostMessage};
use threadline_domain::{Metadata, ThreadId};
use threadline_wire::frame::{ClientFrame, FrameError, Request, RequestError};
use threadline_wire::{ErrorCode, PresenceStatus};

use crate::samples;

const THREAD: &str = "11112222-3333-5444-8555-666677778888";
const MESSAGE: &str = "019c1111-2222-7333-8444-555566660001";

fn thread() -> ThreadId {
    samples::thread()
}

/// Fills in T and M.
fn ids(text: &str) -> String {
    text.replace("\"T\"", &format!("{THREAD:?}")).replace("\"M\"", &format!("{MESSAGE:?}"))
}

fn request(text: &str) -> Request {
    ClientFrame::parse(&ids(text)).unwrap_or_else(|error| panic!("{text}: {error:?}")).request
}

fn refused(text: &str) -> RequestError {
    match ClientFrame::parse(&ids(text)) {
        Err(FrameError::BadRequest(error)) => error,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_request_is_understood() {
    let message = samples::message(1);
    let metadata = |json| Metadata::from_canonical_json(json);
    let token = || "abc".to_owned();
    let plain = PostMessage {
        message,
        kind: MessageKind::Text,
        content: "hi".into(),
        metadata: Metadata::default(),
        reply_to: None,
    };
    let full = PostMessage {
        kind: MessageKind::Voice,
        metadata: metadata(r#"{"a":[1.5,null],"b":{"c":1,"d":2}}"#),
        reply_to: Some(message),
        ..plain.clone()
    };
    let edit = |metadata| EditMessage { message, content: "ho".into(), metadata };
    let cases = [
        (r#"{"type":"hello","token":"abc"}"#, Request::Hello { token: token(), cursor: None }),
        (r#"{"type":"hello","token":"abc","cursor":"c"}"#, Request::Hello { token: token(), cursor: Some("c".into()) }),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"hi"}}"#,
            Request::Send { thread: thread(), message: plain },
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","kind":"voice","content":"hi","reply_to":"M",
               "metadata":{"b": {"d":2,"c":3,"c":1}, "a":[1.5,null]}, "attachments":[]}}"#,
            Request::Send { thread: thread(), message: full },
        ),
        (
            r#"{"type":"edit","thread":"T","message":"M","content":"ho"}"#,
            Request::Edit { thread: thread(), edit: edit(None) },
        ),
        (
            r#"{"type":"edit","thread":"T","message":"M","content":"ho","metadata":{}}"#,
            Request::Edit { thread: thread(), edit: edit(Some(Metadata::default())) },
        ),
        (r#"{"type":"delete","thread":"T","message":"M"}"#, Request::Delete { thread: thread(), message }),
        (r#"{"type":"read","thread":"T","number":7}"#, Request::Read { thread: thread(), number: 7 }),
        (r#"{"type":"typing","thread":"T","status":"start"}"#, Request::Typing { thread: thread(), active: true }),
        (r#"{"type":"typing","thread":"T","status":"stop"}"#, Request::Typing { thread: thread(), active: false }),
        (r#"{"type":"presence","status":"away"}"#, Request::Presence { status: PresenceStatus::Away }),
        (r#"{"type":"presence","status":"active"}"#, Request::Presence { status: PresenceStatus::Active }),
        (r#"{"type":"auth","token":"abc"}"#, Request::Auth { token: token() }),
        (r#" {"type":"ping"} "#, Request::Ping),
    ];
    for (text, expected) in cases {
        assert!(request(text) == expected, "{text}");
    }
}

#[test]
fn the_request_id_is_kept_as_json_text() {
    let quoted = format!("{:?}", "x".repeat(62));
    let cases =
        ["7", "-1.5", "0.37423569685825275", "123456789012345678901234567890", r#""a\"b""#, r#""\ud83d""#, &quoted];
    for id in cases {
        let frame = ClientFrame::parse(&format!(r#"{{"id":{id},"type":"ping"}}"#)).unwrap();
        assert_eq!(frame.id.as_deref(), Some(id));
    }
    for text in [r#"{"type":"ping"}"#, r#"{"id":null,"type":"ping"}"#] {
        assert_eq!(ClientFrame::parse(text).unwrap().id, None);
    }
}

#[test]
fn a_frame_that_is_no_object_is_a_bad_frame() {
    for text in ["", "hi", "[]", "1", "null", "\"ping\"", "{", r#"{"type":"ping"}{"#, r#"{"type":"ping","id":NaN}"#] {
        let parsed = ClientFrame::parse(text);
        assert!(matches!(parsed, Err(FrameError::BadFrame(_))), "{text}: {parsed:?}");
    }
}

/// Asserts that each of these texts is refused with its field and detail.
fn assert_refused(cases: &[(&str, &str, &str)]) {
    for &(text, field, detail) in cases {
        assert_eq!(refused(text), RequestError::invalid(field, detail), "{text}");
    }
}

const HALF: &str = "has half of a surrogate pair, which is no character";

#[test]
fn a_bad_request_names_its_field() {
    let long_id = format!(r#"{{"id":"{}","type":"ping"}}"#, "x".repeat(63));
    let long_token = format!(r#"{{"type":"auth","token":"{}"}}"#, "x".repeat(16_385));
    assert_refused(&[
        (r#"{"type":"\ud800"}"#, "type", HALF),
        (r#"{"type":"read","thread":"T","number":1e400}"#, "number", "must be an integer from 0 on"),
        ("{}", "type", "is missing"),
        (r#"{"type":1}"#, "type", "must be a string"),
        (r#"{"id":[],"type":"ping"}"#, "id", "must be a number or a string"),
        (&long_id, "id", "must have at most 64 bytes"),
        (r#"{"type":"ping","extra":1}"#, "extra", "is not a field of this request"),
        (r#"{"type":"hello"}"#, "token", "is missing"),
        (r#"{"type":"hello","token":1}"#, "token", "must be a string"),
        (&long_token, "token", "must have at most 16384 bytes"),
        (r#"{"type":"hello","token":"a","cursor":1}"#, "cursor", "must be a string"),
        (r#"{"type":"edit","thread":"T","content":"a"}"#, "message", "is missing"),
        (r#"{"type":"edit","thread":"T","message":"M"}"#, "content", "is missing"),
        (r#"{"type":"delete","thread":"T","message":7}"#, "message", "must be a string"),
        (r#"{"type":"read","thread":"T"}"#, "number", "is missing"),
        (r#"{"type":"read","thread":"T","number":-1}"#, "number", "must be an integer from 0 on"),
        (r#"{"type":"read","thread":"T","number":1.5}"#, "number", "must be an integer from 0 on"),
        (r#"{"type":"read","thread":"T","number":"1"}"#, "number", "must be an integer from 0 on"),
        (r#"{"type":"read","thread":"T","number":9223372036854775808}"#, "number", "must be an integer from 0 on"),
        (r#"{"type":"typing","thread":"T","status":"go"}"#, "status", "must be one of start, stop"),
        (r#"{"type":"presence","status":"offline"}"#, "status", "must be one of active, away"),
    ]);
}

#[test]
fn a_bad_message_names_its_field() {
    let deep = format!(
        r#"{{"type":"send","thread":"T","message":{{"id":"M","content":"a","metadata":{{"a":{}1{}}}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let large = "has a number that is too large: most readers take numbers up to 1.7e308";
    assert_refused(&[
        (&*deep, "message.metadata", "must be nested at most 8 deep"),
        (r#"{"type":"send","thread":"T","message":{"id":"M","content":"Great \ud83d"}}"#, "message.content", HALF),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","metadata":{"a":["\ude00"]}}}"#,
            "message.metadata",
            HALF,
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","metadata":{"a":1e400}}}"#,
            "message.metadata",
            large,
        ),
        (r#"{"type":"send","message":{}}"#, "thread", "is missing"),
        (r#"{"type":"send","thread":"x","message":{}}"#, "thread", "must be a UUID"),
        (r#"{"type":"send","thread":"T"}"#, "message", "is missing"),
        (r#"{"type":"send","thread":"T","message":"M"}"#, "message", "must be an object"),
        (r#"{"type":"send","thread":"T","message":{"content":"a"}}"#, "message.id", "is missing"),
        (r#"{"type":"send","thread":"T","message":{"id":"m","content":"a"}}"#, "message.id", "must be a UUID"),
        (r#"{"type":"send","thread":"T","message":{"id":"M"}}"#, "message.content", "is missing"),
        (r#"{"type":"send","thread":"T","message":{"id":"M","content":["a"]}}"#, "message.content", "must be a string"),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"\u0000"}}"#,
            "message.content",
            "must not contain U+0000",
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","kind":"loud"}}"#,
            "message.kind",
            "must be one of text, voice, file; of services also system, payment, dispute, job_update",
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","metadata":[]}}"#,
            "message.metadata",
            "must be an object",
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","metadata":{"a":[{"\u0000":1}]}}}"#,
            "message.metadata",
            "must not contain U+0000",
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","reply_to":"x"}}"#,
            "message.reply_to",
            "must be a UUID",
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","attachments":[1]}}"#,
            "message.attachments",
            "must be absent or empty",
        ),
        (
            r#"{"type":"send","thread":"T","message":{"id":"M","content":"a","sender":"eve"}}"#,
            "message.sender",
            "is not a field of this request",
        ),
    ]);
}

#[test]
fn an_error_answers_the_request_that_caused_it() {
    let error = refused(r#"{"id":3,"type":"shout"}"#);
    let expected = RequestError {
        id: Some("3".into()),
        code: ErrorCode::UnknownType,
        field: Some("type".into()),
        detail: "there is no type \"shout\"".into(),
    };
    assert_eq!(error, expected);
}

#[test]
fn what_an_error_repeats_is_bounded() {
    let long = "ü".repeat(10_000);
    assert_eq!(refused(&format!(r#"{{"type":"ping","{long}":1}}"#)).field.unwrap().chars().count(), 64);
    assert!(refused(&format!(r#"{{"type":"{long}"}}"#)).detail.chars().count() < 100);
}

#[test]
fn a_frame_shows_neither_token_nor_content_in_debug_text() {
    let hello = ClientFrame::parse(r#"{"id":1,"type":"hello","token":"secret"}"#).unwrap();
    assert_eq!(format!("{hello:?}"), r#"ClientFrame { id: Some("1"), request: hello }"#);
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused(text in ".{0,80}", field in "[a-z]{1,8}", value in ".{0,20}") {
        let _ = ClientFrame::parse(&text);
        for kind in ["hello", "send", "edit", "delete", "read", "typing", "presence", "auth", "ping"] {
            let _ = ClientFrame::parse(&format!(r#"{{"type":"{kind}","{field}":{value:?},"thread":{text:?}}}"#));
        }
    }
}
