//! Replies to commands that gave no event: the `rejections` topic.

use threadline_domain::thread::{Outcome, Rejection};
use threadline_domain::{Invalid, ThreadId};

use super::binary::Value;
use super::{DecodeError, Encoded, Input, Output, Record, decode, misplaced};

/// A reply to a command that gave no event, and the aggregate of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal<Id = ThreadId, O = Outcome, R = Rejection> {
    /// The aggregate that the command was for.
    pub id: Id,
    pub reply: CommandReply<O, R>,
}

/// The reply to a command that gave no event.
///
/// ```text
/// decider                         edge                        client
/// AlreadyApplied(outcome) ──────▶ answers with the outcome ─▶ ok
/// Rejected(rule) ───────────────▶ code of the rule ─────────▶ error, not retryable
/// Unavailable { reason } ───────▶ unavailable ──────────────▶ error, retryable; the reason is for operators only
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandReply<O = Outcome, R = Rejection> {
    /// An earlier event has the command's effect, with this outcome. The client gets `ok`.
    AlreadyApplied(O),
    /// A rule rejects it.
    Rejected(R),
    /// The decider cannot decide it now; the same command may succeed later.
    Unavailable {
        /// What is unavailable, for operators.
        reason: String,
    },
}

/// Rejections without fields.
const PLAIN: [Rejection; 10] = [
    Rejection::UnknownThread,
    Rejection::KeyTaken,
    Rejection::ThreadArchived,
    Rejection::Forbidden,
    Rejection::DmFixed,
    Rejection::UnknownMember,
    Rejection::LastOwner,
    Rejection::UnknownMessage,
    Rejection::MessageDeleted,
    Rejection::MessageConflict,
];

/// The record's reason when the command was already applied.
const SETTLED: &str = "settled";
const UNDECIDED: &str = "undecided";

/// Returns a rejection's name in the record.
const fn reason_of(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Invalid { .. } => "invalid",
        Rejection::UnknownThread => "unknown_thread",
        Rejection::KeyTaken => "key_taken",
        Rejection::ThreadArchived => "thread_archived",
        Rejection::Forbidden => "forbidden",
        Rejection::DmFixed => "dm_fixed",
        Rejection::UnknownMember => "unknown_member",
        Rejection::LastOwner => "last_owner",
        Rejection::UnknownMessage => "unknown_message",
        Rejection::MessageDeleted => "message_deleted",
        Rejection::MessageConflict => "message_conflict",
    }
}

/// The fields that a rule can find at fault. A decider that is newer than the reader may name others.
const FIELDS: [&str; 15] = [
    "id",
    "key",
    "kind",
    "message",
    "message.content",
    "message.id",
    "message.kind",
    "message.metadata",
    "message.reply_to",
    "metadata",
    "participants",
    "role",
    "thread",
    "title",
    "user",
];
const UNKNOWN_FIELD: &str = "request";

/// Encodes a refusal of a thread's command.
pub fn encode_refusal(refusal: &Refusal) -> Encoded {
    let mut flat = Flat::default();
    match &refusal.reply {
        CommandReply::Unavailable { reason } => (flat.reason, flat.detail) = (UNDECIDED.into(), Some(reason.clone())),
        CommandReply::AlreadyApplied(outcome) => (flat.reason, flat.outcome) = (SETTLED.into(), Some(*outcome)),
        CommandReply::Rejected(rejection) => {
            flat.reason = reason_of(rejection).into();
            if let Rejection::Invalid { field, reason } = rejection {
                let (fault, limit) = fault_of(*reason);
                flat.field = Some((*field).into());
                flat.fault = Some(fault.into());
                flat.limit = limit.map(|limit| limit as u64);
            }
        }
    }
    let mut out = Output::new(Record::Rejection);
    out.put(&refusal.id);
    out.put(&flat);
    out.done()
}

/// Reads a refusal of a thread's command.
pub fn decode_refusal(value: &[u8]) -> Result<Refusal, DecodeError> {
    decode(value, |record, input| {
        if record != Record::Rejection {
            return Err(misplaced("a rejection"));
        }
        let id = input.field("thread")?;
        Ok(Refusal { id, reply: Flat::get(input)?.reply()? })
    })
}

/// The record's fields after the thread's id.
#[derive(Default)]
struct Flat {
    reason: String,
    outcome: Option<Outcome>,
    field: Option<String>,
    fault: Option<String>,
    limit: Option<u64>,
    detail: Option<String>,
}

impl Flat {
    fn reply(self) -> Result<CommandReply, DecodeError> {
        Ok(CommandReply::Rejected(match self.reason.as_str() {
            UNDECIDED => return Ok(CommandReply::Unavailable { reason: required(self.detail, "detail")? }),
            SETTLED => return Ok(CommandReply::AlreadyApplied(required(self.outcome, "outcome")?)),
            "invalid" => {
                let named = required(self.field, "field")?;
                let field = FIELDS.into_iter().find(|field| *field == named).unwrap_or(UNKNOWN_FIELD);
                Rejection::Invalid { field, reason: invalid(&required(self.fault, "fault")?, self.limit)? }
            }
            name => {
                let plain = PLAIN.into_iter().find(|plain| reason_of(plain) == name);
                plain.ok_or_else(|| DecodeError::Corrupt(format!("reason: {name:?} is not known")))?
            }
        }))
    }
}

impl Value for Flat {
    fn put(&self, out: &mut Vec<u8>) {
        self.reason.put(out);
        self.outcome.put(out);
        self.field.put(out);
        self.fault.put(out);
        self.limit.put(out);
        self.detail.put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            reason: input.field("reason")?,
            outcome: input.field("outcome")?,
            field: input.field("field")?,
            fault: input.field("fault")?,
            limit: input.field("limit")?,
            detail: input.field("detail")?,
        })
    }
}

impl Value for Outcome {
    fn put(&self, out: &mut Vec<u8>) {
        self.seq.put(out);
        self.message.put(out);
        self.number.put(out);
        self.at.put(out);
    }

    fn get(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            seq: input.field("seq")?,
            message: input.field("message")?,
            number: input.field("number")?,
            at: input.field("at")?,
        })
    }
}

/// Returns a fault's name and its limit.
const fn fault_of(invalid: Invalid) -> (&'static str, Option<usize>) {
    match invalid {
        Invalid::Empty => ("empty", None),
        Invalid::TooLong { chars_max } => ("too_long", Some(chars_max)),
        Invalid::TooLarge { bytes_max } => ("too_large", Some(bytes_max)),
        Invalid::TooDeep { depth_max } => ("too_deep", Some(depth_max)),
        Invalid::TooMany { count_max } => ("too_many", Some(count_max)),
        Invalid::TooFew { count_min } => ("too_few", Some(count_min)),
        Invalid::IdCharacter => ("id_character", None),
        Invalid::LineCharacter => ("line_character", None),
        Invalid::Nul => ("nul", None),
        Invalid::Repeated => ("repeated", None),
        Invalid::Value => ("value", None),
        Invalid::MessageId => ("message_id", None),
        Invalid::NotInThread => ("not_in_thread", None),
        Invalid::NotInDm => ("not_in_dm", None),
        Invalid::NotDerived => ("not_derived", None),
        Invalid::Reserved => ("reserved", None),
    }
}

/// Makes a fault of its name and limit.
fn invalid(fault: &str, limit: Option<u64>) -> Result<Invalid, DecodeError> {
    let limit = || required(limit, "limit").map(|limit| limit as usize);
    Ok(match fault {
        "empty" => Invalid::Empty,
        "too_long" => Invalid::TooLong { chars_max: limit()? },
        "too_large" => Invalid::TooLarge { bytes_max: limit()? },
        "too_deep" => Invalid::TooDeep { depth_max: limit()? },
        "too_many" => Invalid::TooMany { count_max: limit()? },
        "too_few" => Invalid::TooFew { count_min: limit()? },
        "id_character" => Invalid::IdCharacter,
        "line_character" => Invalid::LineCharacter,
        "nul" => Invalid::Nul,
        "repeated" => Invalid::Repeated,
        "message_id" => Invalid::MessageId,
        "not_in_thread" => Invalid::NotInThread,
        "not_in_dm" => Invalid::NotInDm,
        "not_derived" => Invalid::NotDerived,
        "reserved" => Invalid::Reserved,
        // A fault that a newer decider knows is at least a wrong value.
        _ => Invalid::Value,
    })
}

fn required<T>(value: Option<T>, field: &str) -> Result<T, DecodeError> {
    value.ok_or_else(|| DecodeError::Corrupt(format!("{field}: is missing")))
}
