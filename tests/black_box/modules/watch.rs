//! `pizza module watch`: what is built serves.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::common::until;
use crate::modules::fixture::{World, bundled, marked};

#[test]
#[allow(clippy::print_stdout, reason = "a measured time")]
fn a_component_serves_soon_after_it_is_built_and_state_stays() {
    let world = World::new(&["--speed", "1"]);
    let order = world.pizza.order();
    let dir = tempfile::tempdir().expect("a directory");
    // As before the first build.
    let built_in = dir.path().join("wasm32-wasip2/debug");
    let mut watch = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["module", "watch"])
        .arg(&built_in)
        .args(["--admin", &world.pizza.admin.to_string(), "--data"])
        .arg(world.data.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let stdout = watch.stdout.take().expect("stdout is piped");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let first = lines.next().expect("a line");
    assert!(first.starts_with("watching "), "{first}");
    assert!(first.contains("not there yet"), "{first}");

    let before = world.current("order");
    let built = Instant::now();
    std::fs::create_dir_all(&built_in).expect("a folder");
    let file = built_in.join("pizza_actor_order.wasm");
    std::fs::write(&file, marked(&bundled("order"), 9)).expect("a file");
    let told = lines.next().expect("a line");
    println!("{told}; seen {:?} after it was written", built.elapsed());
    assert!(
        told.starts_with("order: ") && told.contains(" serves after "),
        "{told}"
    );
    until("another module to serve", || {
        (world.current("order") != before).then_some(())
    });
    world.expect_status(&order, "preparing");

    // What cannot serve is said, and watching goes on.
    std::fs::write(&file, b"not a component").expect("a file");
    let told = lines.next().expect("a line");
    assert!(told.contains("refused at verify"), "{told}");
    std::fs::write(&file, marked(&bundled("order"), 10)).expect("a file");
    let told = lines.next().expect("a line");
    assert!(told.contains(" serves after "), "{told}");
    watch.kill().expect("it ends");
    watch.wait().expect("it ends");
}
