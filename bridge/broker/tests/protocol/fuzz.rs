//! A whole broker under clients by chance: some right, most of them wrong sooner or later. It
//! does not panic, does not grow, and serves those who are honest.

use std::net::SocketAddr;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pizza_broker::{Broker, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::Client;
use crate::packets::{Random, connect, damage, first_seed, noise, packet, seconds};
use crate::vectors::judge;
use crate::{config, internal, open};

/// Clients at a time.
const AT_ONCE: u64 = 16;
/// Longer than the broker needs to see that a client has left.
const CLOSES_WITHIN: Duration = Duration::from_secs(20);
/// What the process may have grown by when the broker has long reached all of its limits.
const GROWTH_BYTES_MAX: usize = 64 << 20;
/// What a broker that is flooded on a busy machine does ten times of.
const CLIENTS_A_SECOND_MIN: u64 = 10;

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// How many panics there were in tasks, which nobody would hear of otherwise.
fn count_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|at| at.file().contains("src/")) {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        usual(info);
    }));
}

/// Small ones, so that all of them are reached, and no client is slowed down for its speed.
fn limits() -> Limits {
    Limits {
        sessions_max: 64,
        connect_ms_max: 500,
        packet_bytes_max: 16 << 10,
        messages_per_second: 1_000_000,
        bytes_per_second: 1 << 30,
        subscriptions_max: 6,
        in_flight_max: 10,
        queue_max: 50,
        retained_max: 20,
        ..Limits::default()
    }
}

/// The bytes of one client, by its seed alone, and where they are cut into writes.
fn stream(random: &mut Random) -> Vec<Vec<u8>> {
    let version = if random.chance(2) { 4 } else { 5 };
    let mut packets = vec![connect(random, version)];
    for _ in 0..random.below(30) {
        packets.push(packet(random, version));
    }
    // A third is right from the beginning to the end.
    if !random.chance(3) {
        let at = random.below(packets.len());
        packets[at] = if random.chance(8) {
            noise(random)
        } else {
            damage(random, packets[at].clone())
        };
    }
    if random.chance(3) {
        // As many writes as packets.
        return packets;
    }
    let bytes = packets.concat();
    let middle = random.below(bytes.len() + 1);
    vec![bytes[..middle].to_vec(), bytes[middle..].to_vec()]
}

/// Sends it all and reads what is answered, until the broker closes; whether it was let in.
async fn client(at: SocketAddr, seed: u64) -> bool {
    let mut random = Random::new(seed);
    let stream = stream(&mut random);
    let leaves_early = random.chance(4);
    let socket = TcpStream::connect(at).await.expect("it listens");
    let (mut reader, mut writer) = socket.into_split();
    let talk = async move {
        for bytes in stream {
            // It may have been refused meanwhile.
            let _ = writer.write_all(&bytes).await;
        }
        if !leaves_early {
            let _ = writer.write_all(&[0xc0, 0]).await;
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let mut answers = Vec::new();
    let listen = async { while reader.read_buf(&mut answers).await.is_ok_and(|n| n > 0) {} };
    let both = async { tokio::join!(talk, listen) };
    let closed = timeout(CLOSES_WITHIN, both).await;
    assert!(closed.is_ok(), "seed {seed}: the broker does not close");
    let mut rest = &answers[..];
    while let Some(((first, body), after)) = judge::cut(rest) {
        let is_for_clients = matches!(first >> 4, 2..=7 | 9 | 11 | 13 | 14);
        assert!(is_for_clients, "seed {seed}: {first:x} {body:x?}");
        rest = after;
    }
    answers.starts_with(&[0x20]) && answers.get(3) == Some(&0)
}

/// The internal client acknowledges whatever comes.
async fn acknowledge_all(mut client: Client) {
    let mut received = Vec::new();
    while client
        .stream
        .read_buf(&mut received)
        .await
        .is_ok_and(|n| n > 0)
    {
        let mut rest = &received[..];
        while let Some(((first, body), after)) = judge::cut(rest) {
            rest = after;
            if first & 0xf6 == 0x32 {
                let end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
                let id = u16::from_be_bytes([body[end], body[end + 1]]);
                client.acknowledge(id).await;
            }
        }
        received = rest.to_vec();
    }
}

/// An honest phone is served meanwhile, and how long that takes.
async fn honest(at: SocketAddr) -> Duration {
    let began = Instant::now();
    let mut subscriber = Client::new(at, "honest-subscriber").await;
    assert_eq!(subscriber.subscribe("honest", 1).await, 1);
    let mut phone = Client::new(at, "honest-phone").await;
    phone.publish(1, 2, "honest", "x").await;
    assert_eq!(phone.puback().await, 1);
    // Those by chance know no such topic.
    assert_eq!(subscriber.message().await.3, "x");
    began.elapsed()
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = status.split_whitespace().nth(1).expect("a second field");
    pages.parse::<usize>().expect("a number") * 4_096
}

async fn broker() -> (Broker, SocketAddr) {
    let mut config = config();
    config.limits = limits();
    open(config).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the report of this test")]
async fn fuzz_the_broker() {
    count_panics();
    let (broker, at) = broker().await;
    let bridge = internal(&broker, "a/#").await;
    let bridge = tokio::spawn(acknowledge_all(bridge));
    let began = Instant::now();
    let time = Duration::from_secs(seconds());
    let (mut clients, mut let_in, mut slowest, mut warm) = (0, 0, Duration::ZERO, None);
    while began.elapsed() < time {
        let seeds = first_seed() + clients..first_seed() + clients + AT_ONCE;
        let mut all: JoinSet<bool> = seeds.map(|seed| client(at, seed)).collect();
        slowest = slowest.max(honest(at).await);
        while let Some(was_let_in) = all.join_next().await {
            let_in += u64::from(was_let_in.expect("no panic"));
        }
        clients += AT_ONCE;
        assert_eq!(
            PANICS.load(Ordering::Relaxed),
            0,
            "at seed {clients} or before"
        );
        if began.elapsed() >= time / 4 {
            warm.get_or_insert_with(resident_bytes);
        }
    }
    let warm = warm.unwrap_or_default();
    let growth = resident_bytes().saturating_sub(warm);
    println!("{clients} clients, {let_in} let in; an honest one took {slowest:?}; +{growth} bytes");
    assert!(clients >= CLIENTS_A_SECOND_MIN * seconds());
    assert!(let_in >= clients / 4, "{let_in} of {clients}");
    assert!(
        growth <= GROWTH_BYTES_MAX,
        "{growth} bytes more than {warm}"
    );
    assert!(
        !bridge.is_finished(),
        "the internal client was not thrown out"
    );
    broker.stop().await;
}
