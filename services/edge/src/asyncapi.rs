//! The description of `/ws`: the frames' own, with a head.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use serde_json::{Value, json};
use threadline_wire::frame;

/// `/asyncapi.json`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let json = Bytes::from(document().to_string());
    Router::new().route("/asyncapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], json)))
}

fn document() -> Value {
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Threadline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Conversations over a log: one socket for all of one's threads. The calls are in /openapi.json.",
        },
        "defaultContentType": "application/json",
    });
    if let (Value::Object(document), Value::Object(parts)) = (&mut document, frame::description()) {
        document.extend(parts);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_both_documents_have_are_the_same() {
        let open = serde_json::to_value(crate::http::api().into_openapi()).unwrap();
        let (open, own) = (&open["components"]["schemas"], document());
        let shared: Vec<_> = own["components"]["schemas"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| open.get(name).is_some())
            .map(|(name, schema)| {
                assert_eq!(schema, &open[name], "{name}");
                name.as_str()
            })
            .collect();
        for name in ["Message", "Event", "Change", "CreatedThread", "Written"] {
            assert!(shared.contains(&name), "{name} is in both");
        }
    }
}
