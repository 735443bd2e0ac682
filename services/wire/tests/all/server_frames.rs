//! Frames from the edge, letter by letter.

use threadline_wire::json::Unread;

use crate::frame_samples::{change_frames, server_frames};
use crate::samples::thread;

#[test]
fn every_frame_is_written_as_the_contract_has_it() {
    insta::assert_snapshot!(server_frames().join("\n"));
}

#[test]
fn every_event_is_written_as_documented() {
    let frames = change_frames().into_iter().fold(String::new(), |text, frame| text + &frame + "\n");
    insta::assert_snapshot!(frames);
}

#[test]
fn unread_counts_add_up() {
    let unread: Unread = [(thread(), 3)].into_iter().collect();
    let expected = r#"{"total":3,"threads":{"11112222-3333-5444-8555-666677778888":3}}"#;
    assert_eq!(serde_json::to_string(&unread).unwrap(), expected);
}
