//! Two versions of the system side by side, each a binary of its own.
//!
//! The newer one differs from the normal build by a message kind and by the schemas of the command and the event that carry
//! it. So the normal build is the older version here: what it reads and writes is what is released.

mod newer;
mod rolling;
mod stopping;
