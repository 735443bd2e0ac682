//! What a record costs; for people, not for CI: `cargo test -p threadline-wire --release -- --ignored --nocapture cost`.

use std::hint::black_box;
use std::time::Instant;

use threadline_domain::thread::Change;
use threadline_domain::{Position, Topic};
use threadline_wire::avro::{Record, decode_event, encode_event};
use threadline_wire::frame::event_frame;

use crate::samples;

const ROUNDS: u32 = 20_000;

fn cost<T>(what: &str, mut work: impl FnMut() -> T) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(work());
    }
    println!("{what}: {} ns", start.elapsed().as_nanos() / u128::from(ROUNDS));
}

#[test]
#[ignore = "prints figures"]
fn the_cost_of_a_posted_message() {
    let posted = samples::changes().into_iter().find(|change| matches!(change, Change::MessagePosted(_))).unwrap();
    let event = samples::event(7, posted);
    let value = encode_event(&event, 42).value;
    let position = Position { topic: Topic::Messages, partition: 3, offset: 1_234 };
    cost("encode", || encode_event(&event, 42));
    cost("decode", || decode_event(&value));
    cost("event frame", || event_frame(position, &event));
    let schema = apache_avro::Schema::parse_str(Record::MessagePosted.newest().text).unwrap();
    let tree = apache_avro::from_avro_datum(&schema, &mut &value[5..], None).unwrap();
    cost("apache_avro, encode from a value tree", || apache_avro::to_avro_datum(&schema, tree.clone()));
    cost("apache_avro, decode to a value tree", || apache_avro::from_avro_datum(&schema, &mut &value[5..], None));
}
