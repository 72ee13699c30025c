//! The transport between silos, over real sockets.

mod admission;
mod certificates;
mod fixture;
mod flow;
mod garbage;
mod tls;
mod versions;
