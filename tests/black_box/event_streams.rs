//! A thousand screens show one dashboard while its restaurant is busy: each of them hears
//! of everything, once, in order.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::common::sse::{Event, Reader};
use crate::common::{Pizza, machine};

const SCREENS: usize = 1_000;
const ORDERS: usize = 12;
const STREAM: &str = "/api/dashboard/stress-1/stream";
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// A screen has little to remember.
const STACK_BYTES: usize = 256 << 10;

fn stress(pizza: &Pizza, orders: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["demo", "stress", "--kitchens", "1", "--drivers", "5"])
        .args([
            "--ride-ms",
            "200",
            "--json",
            "--orders",
            &orders.to_string(),
        ])
        .args(["--to", &pizza.http.to_string()])
        .env_remove("PIZZA_TOKEN")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Everything until so many orders have arrived.
fn watch(screen: &mut Reader, orders: usize) -> Vec<Event> {
    let (mut seen, mut arrived) = (Vec::new(), 0);
    while arrived < orders {
        let event = screen.next_of_order().expect("the stream goes on");
        arrived += usize::from(event.kind == "status" && event.data["status"] == "delivered");
        seen.push(event);
    }
    seen
}

#[test]
fn a_thousand_screens_see_every_event_once_and_in_order() {
    let _alone = machine::alone();
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    // Whose restaurant is not there has nothing to show.
    stress(&pizza, 1);
    let first = watch(&mut Reader::open(pizza.http, STREAM, Some(1)), 1);
    let before = first.last().and_then(|event| event.id).expect("a position");

    let (is_open, opened) = mpsc::channel();
    let shown: Vec<Vec<Event>> = thread::scope(|scope| {
        let mut screens = Vec::new();
        for _ in 0..SCREENS {
            let (address, is_open) = (pizza.http, is_open.clone());
            let screen = move || {
                let mut screen = Reader::open(address, STREAM, None);
                screen.is_open();
                is_open.send(()).expect("somebody waits");
                watch(&mut screen, ORDERS)
            };
            let thread = thread::Builder::new().stack_size(STACK_BYTES);
            screens.push(thread.spawn_scoped(scope, screen).expect("a thread"));
        }
        for number in 0..SCREENS {
            let open = opened.recv_timeout(OPEN_WITHIN);
            open.unwrap_or_else(|_| panic!("only {number} screens are open"));
        }
        stress(&pizza, ORDERS);
        let shown = screens
            .into_iter()
            .map(|screen| screen.join().expect("no panic"));
        shown.collect()
    });

    // What happened, by somebody who comes when all is over.
    let happened = watch(&mut Reader::open(pizza.http, STREAM, Some(before)), ORDERS);
    // Between them is what is not about orders, so the positions have holes; what each order tells
    // has none.
    assert!(
        happened.iter().is_sorted_by(|a, b| a.id < b.id),
        "one twice"
    );
    let mut steps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in happened.iter().filter(|event| event.kind == "status") {
        let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
        let steps = steps.entry(text("orderId")).or_default();
        let from = event.data["from"].as_str();
        // That it is late is no step.
        if from.is_none() && !steps.is_empty() {
            continue;
        }
        assert_eq!(from, steps.last().map(String::as_str), "{event:?}");
        steps.push(text("status"));
    }
    assert_eq!(steps.len(), ORDERS);
    assert!(happened.len() >= ORDERS * 7, "{} events", happened.len());
    for (number, shown) in shown.iter().enumerate() {
        assert_eq!(shown, &happened, "screen {number}");
    }
}
