//! The description of `/ws` says what is read and written: no more, no less.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use threadline_wire::frame::{self, ClientFrame, FrameError, OkResult};
use threadline_wire::{CloseCode, ErrorCode, RequestError};

use crate::frame_samples::{AT, POSITION, change_frames, server_frames};
use crate::json_schema::Schemas;

fn described() -> (Value, Schemas) {
    let mut description = frame::description();
    let Value::Object(schemas) = description["components"]["schemas"].take() else { panic!("schemas are an object") };
    (description, Schemas(schemas))
}

/// The schemas of a union, by the type of their frames.
fn of_union<'a>(schemas: &'a Schemas, union: &str) -> Vec<(&'a str, &'a Value)> {
    let all = schemas.named(union)["oneOf"].as_array().expect("alternatives");
    all.iter().map(|reference| (schemas.constant(reference, "type"), schemas.resolve(reference))).collect()
}

/// What any field of this schema may hold.
fn value(schemas: &Schemas, schema: &Value) -> Value {
    let schema = schemas.resolve(schema);
    if let Some(first) = schema["oneOf"].as_array() {
        let real = first.iter().find(|one| one["type"] != "null").expect("something beside null");
        return value(schemas, real);
    }
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    let kind = schema["type"]
        .as_array()
        .map_or(&schema["type"], |kinds| kinds.iter().find(|kind| *kind != "null").expect("something beside null"));
    match (kind.as_str().expect("a type"), schema["format"].as_str()) {
        ("string", Some("uuid")) => json!("019c1111-2222-7333-8444-555566660001"),
        ("string", None) => json!("x"),
        ("integer" | "number", _) => json!(1),
        ("array", _) => json!([]),
        ("object", _) => object(schemas, schema, |_, _| true),
        other => panic!("no value for {other:?}"),
    }
}

/// An object with the properties that are wanted, by their name and whether they are required.
fn object(schemas: &Schemas, schema: &Value, wanted: impl Fn(&str, bool) -> bool) -> Value {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let chosen = properties.iter().filter(|(name, _)| wanted(name, is_required(schema, name)));
    Value::Object(chosen.map(|(name, property)| (name.clone(), value(schemas, property))).collect())
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|field| field == name))
}

fn refusal(frame: &Value) -> RequestError {
    match ClientFrame::parse(&frame.to_string()) {
        Err(FrameError::BadRequest(error)) => error,
        other => panic!("{frame}: {other:?}"),
    }
}

#[track_caller]
fn is_read(frame: &Value) {
    let read = ClientFrame::parse(&frame.to_string());
    assert!(read.is_ok(), "{frame}: {read:?}");
}

/// Every property of an object in a frame: it is read as described, and nothing else is. `inside` is where the object
/// lies in the frame, `""` or `"message"`.
fn check_object(schemas: &Schemas, whole: &Value, schema: &Value, inside: &str) {
    let at = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut frame = whole.clone();
        let object = if inside.is_empty() { &mut frame } else { &mut frame[inside] };
        change(object.as_object_mut().expect("an object"));
        frame
    };
    let path = |name: &str| if inside.is_empty() { name.to_owned() } else { format!("{inside}.{name}") };
    assert_eq!(schema["additionalProperties"], false, "{schema}");
    is_read(&at(&|object| object.retain(|name, _| is_required(schema, name))));
    for (name, property) in schema["properties"].as_object().expect("properties") {
        let without = at(&|object| drop(object.remove(name)));
        if is_required(schema, name) {
            assert_eq!(refusal(&without), RequestError { id: error_id(&without), ..missing(path(name)) });
        } else {
            is_read(&without);
            is_read(&at(&|object| drop(object.insert(name.clone(), Value::Null))));
        }
        // The id is a number or a string; no field is both a truth and what it is described as.
        let wrong = refusal(&at(&|object| drop(object.insert(name.clone(), json!(true)))));
        assert_eq!(wrong.field, Some(path(name)), "{whole}");
        let property = schemas.resolve(property);
        for word in property["enum"].as_array().into_iter().flatten().filter(|_| name != "type") {
            is_read(&at(&|object| drop(object.insert(name.clone(), word.clone()))));
        }
        if property["properties"].is_object() {
            check_object(schemas, whole, property, name);
        }
    }
    // A name of our own, and every name that stands anywhere else.
    let others = schemas.0.values().filter_map(|schema| schema["properties"].as_object()).flat_map(Map::keys);
    for name in others.map(String::as_str).chain(["stray"]).filter(|name| schema["properties"].get(name).is_none()) {
        let stray = at(&|object| drop(object.insert(name.into(), json!(1))));
        let expected = RequestError::invalid(path(name), "is not a field of this request");
        assert_eq!(refusal(&stray), expected.for_request(error_id(&stray)));
    }
}

fn missing(field: String) -> RequestError {
    RequestError::invalid(field, "is missing")
}

/// The id that an answer to this frame has.
fn error_id(frame: &Value) -> Option<std::sync::Arc<str>> {
    frame.get("id").map(|id| id.to_string().into())
}

#[test]
fn every_described_request_is_read_as_described() {
    let (_, schemas) = described();
    for (_, schema) in of_union(&schemas, "ClientFrame") {
        let whole = object(&schemas, schema, |_, _| true);
        is_read(&whole);
        schemas.check(schema, &whole);
        check_object(&schemas, &whole, schema, "");
    }
}

#[test]
fn every_request_that_is_read_is_described_and_has_its_answers() {
    let (description, schemas) = described();
    let described: BTreeSet<&str> = of_union(&schemas, "ClientFrame").into_iter().map(|(name, _)| name).collect();
    let operations = description["operations"].as_object().expect("operations");
    let received = operations.iter().filter(|(_, operation)| operation["action"] == "receive");
    // The operations are made of what the parser knows.
    let read: BTreeSet<&str> = received.clone().map(|(name, _)| name.as_str()).collect();
    assert_eq!(described, read);
    for (name, operation) in received {
        assert_eq!(operation["messages"].as_array().map(Vec::len), Some(1), "{name}");
        assert_eq!(operation["reply"]["messages"].as_array().map(Vec::len), Some(2), "{name}");
    }
}

#[test]
fn every_frame_of_the_edge_is_as_described() {
    let (_, schemas) = described();
    let union = schemas.named("ServerFrame");
    let mut seen = BTreeSet::new();
    for text in server_frames().into_iter().chain(change_frames()) {
        let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
        schemas.check(union, &frame);
        seen.insert(frame["type"].as_str().expect("a type").to_owned());
    }
    let all: BTreeSet<String> =
        of_union(&schemas, "ServerFrame").into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(seen, all, "a sample of every frame, and a description of every sample");
}

#[test]
fn every_change_is_described_and_there_is_no_other() {
    let (_, schemas) = described();
    let seen: BTreeSet<String> = change_frames()
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).expect("JSON")["event"]["type"].to_string())
        .collect();
    let all: BTreeSet<String> = schemas.named("Change")["oneOf"]
        .as_array()
        .expect("alternatives")
        .iter()
        .map(|one| json!(schemas.constant(one, "type")).to_string())
        .collect();
    assert_eq!(seen, all);
}

#[test]
fn every_result_is_exactly_one_of_the_described() {
    let (_, schemas) = described();
    let results = [OkResult::done(), OkResult::read(POSITION), OkResult::auth(AT)];
    for result in results {
        schemas.check(schemas.named("OkResult"), &serde_json::to_value(result).expect("JSON"));
    }
}

#[test]
fn the_tables_of_codes_are_whole() {
    let (description, schemas) = described();
    let channel = &description["channels"]["ws"];
    let names = schemas.named("ErrorCode")["enum"].as_array().expect("names");
    assert_eq!(names.len(), ErrorCode::ALL.len());
    for (code, row) in ErrorCode::ALL.iter().zip(channel["x-error-codes"].as_array().expect("rows")) {
        assert_eq!(row, &json!({"code": code.name(), "title": code.title(), "retryable": code.retryable()}));
        assert!(names.contains(&row["code"]));
    }
    let rows = channel["x-close-codes"].as_array().expect("rows");
    assert_eq!(rows.len(), CloseCode::ALL.len());
    assert!(rows.contains(&json!({"code": 4001, "name": "slow", "reconnect": true})));
    assert!(rows.contains(&json!({"code": 4500, "name": "bad_frame", "reconnect": false})));
}

#[test]
fn every_reference_leads_somewhere() {
    let description = frame::description();
    let text = description.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a reference ends");
        assert!(description.pointer(pointer).is_some(), "{pointer}");
    }
}
