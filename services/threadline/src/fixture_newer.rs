//! The binary of a made-up newer version, which the tests run beside the normal one. Differs by its schemas alone.

#[path = "main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
