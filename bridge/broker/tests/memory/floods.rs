//! What a broker takes of memory under each flood, and what an honest client notices of it.
//! Each bound is of the full counts; `docs/mqtt.md` has the figures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::broker_process::BrokerProcess;
use crate::client::Client;
use crate::honest::Honest;
use crate::packets::{connect, head, publish, subscribe, text};
use crate::{ALONE, say, scaled};

/// What 99 of 100 messages of an honest client take at most.
const HONEST_MS_MAX: u64 = 50;
/// What half packets may make of the broker.
const HALF_PACKETS_BYTES_MAX: usize = 120 * MIB;
const MIB: usize = 1 << 20;
/// Of the clients of a flood, so many are at work at a time.
const AT_ONCE: usize = 16;

/// Does what `client` does for each number below `count`, some at a time; what it returns is
/// held until all are done.
async fn each<T: Send + 'static, F: Future<Output = T> + Send>(
    count: usize,
    client: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<T> {
    let (next, client) = (Arc::new(AtomicUsize::new(0)), Arc::new(client));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (next, client) = (Arc::clone(&next), Arc::clone(&client));
        tasks.spawn(async move {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return done;
                }
                done.push(client(number).await);
            }
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// A client with that id, and what it was answered.
async fn dial(at: SocketAddr, connect: &[u8]) -> (Client, u8) {
    let mut client = Client::dial(at).await;
    client.raw(connect).await;
    let (first, body) = client.packet().await;
    assert_eq!((first, body.len()), (0x20, 2));
    (client, body[1])
}

/// Runs a flood beside an honest client. What `flood` returns says how much of it was done, and
/// is at least the second number.
async fn check<F: Future<Output = usize>>(
    name: &str,
    bytes_max: usize,
    done_min: usize,
    honest_ms_max: u64,
    flood: impl FnOnce(SocketAddr) -> F,
) {
    let _alone = ALONE.lock().await;
    let broker = BrokerProcess::start();
    let honest = Honest::start(broker.address);
    let before = broker.memory();
    let done = flood(broker.address).await;
    let (after, peak) = (broker.memory(), broker.peak());
    let mib = |bytes: usize| bytes as f64 / MIB as f64;
    let (before, after, highest) = (mib(before), mib(after), mib(peak));
    say(&format!(
        "{name}: {done} done, {before:.1} MiB before, {after:.1} after, {highest:.1} at most"
    ));
    honest.stop(honest_ms_max);
    assert!(done >= done_min, "only {done} of {done_min}");
    assert!(peak < bytes_max, "{highest} MiB");
}

/// 32 levels, and no other client's.
fn deep(client: usize, filter: usize) -> String {
    let levels = (0..31).map(|level| format!("{level}{}", filter % 10));
    let levels: Vec<String> = levels.collect();
    format!("{client}-{filter}/{}", levels.join("/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_deep_filters() {
    let count = scaled(16_000);
    check(
        "deep filters",
        260 * MIB,
        count * 64 / 8,
        HONEST_MS_MAX,
        async |at| {
            let granted = each(count, move |number| async move {
                let (mut client, code) =
                    dial(at, &connect(&format!("deep-{number}"), false, 0)).await;
                if code != 0 {
                    return (None, 0);
                }
                client
                    .raw(&subscribe((0..64).map(|n| deep(number, n))))
                    .await;
                let (_, body) = client.packet().await;
                let granted = body[2..].iter().filter(|code| **code == 0).count();
                // Half of them stay, and half leave their sessions behind.
                ((number % 2 == 0).then_some(client), granted)
            });
            granted.await.into_iter().map(|(_, granted)| granted).sum()
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages() {
    let count = scaled(200_000);
    check(
        "retained messages",
        80 * MIB,
        count,
        HONEST_MS_MAX,
        async |at| {
            let clients = count / 1_000;
            let sent = each(clients, move |number| async move {
                let mut client = Client::new(at, &format!("retains-{number}")).await;
                for n in 0..1_000 {
                    let mut message = publish(0, 0, &deep(number, n), 200);
                    message[0] |= 1;
                    client.raw(&message).await;
                }
                client.ping().await;
                1_000
            });
            sent.await.into_iter().sum()
        },
    )
    .await;
}

/// Each is of 250 KB, and lacks its last ones.
async fn send_half_packets(at: SocketAddr, count: usize) -> Vec<Client> {
    each(count, move |number| async move {
        let mut client = Client::new(at, &format!("half-{number}")).await;
        let body = [text("a"), vec![0; 240_000]].concat();
        let packet = [head(0x30, 250_000), body].concat();
        // It may be given up before all of it is sent.
        let _ = client.stream.write_all(&packet).await;
        client
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn half_packets() {
    let count = scaled(1_000);
    check(
        "half packets",
        HALF_PACKETS_BYTES_MAX,
        count,
        HONEST_MS_MAX,
        async |at| send_half_packets(at, count).await.len(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_forgets_a_bound_is_found_out() {
    let _alone = ALONE.lock().await;
    let broker = BrokerProcess::start_unbounded();
    let _clients = send_half_packets(broker.address, 800).await;
    // What was sent may still be on its way: it is taken in, since nothing bounds it.
    let begun = std::time::Instant::now();
    while broker.peak() <= HALF_PACKETS_BYTES_MAX {
        let mib = broker.peak() / MIB;
        assert!(begun.elapsed().as_secs() < 30, "no more than {mib} MiB");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_connects() {
    let count = scaled(2_000);
    check(
        "half CONNECTs",
        100 * MIB,
        count,
        HONEST_MS_MAX,
        async |at| {
            let clients = each(count, move |_| async move {
                let mut client = Client::dial(at).await;
                let body = vec![0; 60_000];
                let packet = [head(0x10, 65_000), body].concat();
                let _ = client.stream.write_all(&packet).await;
                client
            });
            clients.await.len()
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wills_with_payloads() {
    let count = scaled(16_000);
    check("wills", 220 * MIB, count, HONEST_MS_MAX, async |at| {
        let clients = each(count, move |number| async move {
            dial(at, &connect(&format!("will-{number}"), true, 16_000)).await
        });
        let clients = clients.await;
        let refused = clients.iter().filter(|(_, code)| *code != 0).count();
        say(&format!("  {refused} refused"));
        clients.len()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_at_qos_2_that_are_never_released() {
    const EACH: u16 = 900;
    let count = scaled(2_000);
    check(
        "unreleased",
        220 * MIB,
        count * usize::from(EACH) / 2,
        HONEST_MS_MAX,
        async |at| {
            let received = each(count, move |number| async move {
                let id = format!("unreleased-{number}");
                let (mut client, code) = dial(at, &connect(&id, false, 0)).await;
                assert_eq!(code, 0);
                let all = (1..=EACH).flat_map(|id| publish(2, id, "nobody", 10));
                // Where the broker does not take more of them, it closes the connection.
                let all: Vec<u8> = all.collect();
                let _ = client.stream.write_all(&all).await;
                let mut received = 0;
                let mut answer = [0; 4];
                while received < usize::from(EACH)
                    && client.stream.read_exact(&mut answer).await.is_ok()
                {
                    received += 1;
                }
                (client, received)
            });
            received
                .await
                .into_iter()
                .map(|(_, received)| received)
                .sum()
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_never_read() {
    let count = scaled(200).max(10);
    check(
        "readers",
        420 * MIB,
        count * 300,
        HONEST_MS_MAX,
        async |at| {
            let readers = each(count, move |number| async move {
                let (mut client, _) =
                    dial(at, &connect(&format!("reader-{number}"), true, 0)).await;
                client
                    .raw(&subscribe(
                        [format!("to/{number}"), "to/all".to_owned()].into_iter(),
                    ))
                    .await;
                client
            });
            let readers = readers.await;
            // Messages of each reader's own, so that the queues do not share them.
            let sent = each(count, move |number| async move {
                let mut client = Client::new(at, &format!("writer-{number}")).await;
                for _ in 0..300 {
                    client
                        .raw(&publish(0, 0, &format!("to/{number}"), 20_000))
                        .await;
                }
                client.ping().await;
                300
            });
            let sent = sent.await.into_iter().sum();
            drop(readers);
            sent
        },
    )
    .await;
}
