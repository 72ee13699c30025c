//! What actors say, and when it is written.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::{World, until};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().expect("no panic").clone();
        let text = String::from_utf8(bytes).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    fn has(&self, words: &[&str]) -> bool {
        let said = |line: &String| words.iter().all(|word| line.contains(word));
        self.lines().iter().any(said)
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

thread_local! {
    static HEARD: RefCell<Option<Buffer>> = const { RefCell::new(None) };
}

/// To the buffer of the thread that says it.
struct OfThread;

impl<'a> MakeWriter<'a> for OfThread {
    type Writer = Buffer;

    fn make_writer(&'a self) -> Buffer {
        HEARD.with_borrow(|heard| heard.clone().unwrap_or_default())
    }
}

struct Listening;

impl Drop for Listening {
    fn drop(&mut self) {
        HEARD.set(None);
    }
}

/// What this thread logs from now on. One subscriber for all threads: with one of each, whether a line is
/// of interest to anybody is asked while others come and go, and lines are lost.
fn listen() -> (Buffer, Listening) {
    static ALL: Once = Once::new();
    ALL.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(OfThread)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
    });
    let buffer = Buffer::default();
    HEARD.set(Some(buffer.clone()));
    (buffer, Listening)
}

#[tokio::test]
async fn an_actor_speaks_under_its_own_name() {
    let (heard, _guard) = listen();
    let probes = World::default().silo("one").await;
    probes.act("a", json!([{"log": "hello"}])).await;
    assert!(
        heard.has(&["INFO", "actor=\"probe/a\"", "hello"]),
        "{:?}",
        heard.lines()
    );
    assert!(!heard.has(&["failed=true"]));
}

#[tokio::test]
async fn the_last_words_of_a_failed_turn_are_marked() {
    let (heard, _guard) = listen();
    let probes = World::default().silo("one").await;
    let failed = probes
        .try_act("a", json!([{"log": "about to fall"}, "trap"]))
        .await;
    failed.expect_err("a trap");
    assert!(
        heard.has(&["about to fall", "failed=true"]),
        "{:?}",
        heard.lines()
    );
}

#[tokio::test]
async fn a_failed_turn_is_a_line_and_a_flood_of_them_is_ten() {
    let (heard, _guard) = listen();
    let probes = World::default().silo("one").await;
    for _ in 0..25 {
        let failed = probes.try_act("key-7", json!(["trap"])).await;
        failed.expect_err("a trap");
    }
    let told = |line: &&String| line.contains("a turn failed");
    let lines: Vec<_> = heard.lines();
    let of_turns: Vec<_> = lines.iter().filter(told).collect();
    let words = [
        "WARN",
        "actor_type=probe",
        "key=\"key-7\"",
        "method=\"act\"",
        "message_id=",
        "bound=trap",
        "detail=",
    ];
    for word in words {
        assert!(of_turns[0].contains(word), "{word}: {}", of_turns[0]);
    }
    assert!((1..=10).contains(&of_turns.len()), "{of_turns:#?}");
}

#[tokio::test]
async fn an_actor_is_told_that_it_leaves_memory() {
    let (heard, _guard) = listen();
    let mut world = World::default();
    world.policy.idle_ms = 1_000;
    let probes = world.silo("one").await;
    probes.act("idle", json!([])).await;
    let told = async || {
        world.advance(10_000);
        heard.has(&["probe/idle", "rests after 1"])
    };
    assert!(until(told).await, "{:?}", heard.lines());
    for _ in 0..2 {
        probes.act("drained", json!([])).await;
    }
    probes.silo.drain().await;
    assert!(
        heard.has(&["probe/drained", "rests after 2"]),
        "{:?}",
        heard.lines()
    );
    assert_eq!(probes.silo.stats().actors_in_memory, 0);
}
