//! The field that the fixture of a newer version adds to postings.

use threadline_domain::thread::MessageKind;

use super::versions::posting_version;
use super::{DecodeError, Input, Output};

/// Writes the field where the version has it.
pub(super) fn put_note(out: &mut Output, kind: MessageKind) {
    if posting_version(kind) > 1 {
        out.put(&Some("older programs have no place for this".to_owned()));
    }
}

/// Reads the field; older versions have its default.
pub(super) fn get_note(input: &mut Input<'_>) -> Result<(), DecodeError> {
    input.field::<Option<String>>("note").map(drop)
}
