//! What crosses a process boundary, held from outside.

mod asyncapi;
mod avro_bytes;
mod avro_input;
mod client_frames;
mod frame_samples;
mod json_schema;
mod openapi;
mod rest_bodies;
mod samples;
mod schemas;
mod server_frames;
mod speed;
