//! What an idle client costs.

use crate::broker_process::BrokerProcess;
use crate::client::Client;
use crate::{ALONE, say, scaled};

/// In bytes. The kernel's part of a socket is not in it.
const CLIENT_BYTES_MAX: usize = 2_000;
/// A page at a time, and what an allocator keeps: not told from growth where clients are few.
const SLACK_BYTES: usize = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_client_costs_two_kilobytes() {
    let _alone = ALONE.lock().await;
    let broker = BrokerProcess::start();
    let count = scaled(10_000);
    let mut clients = Vec::new();
    let connect = async |clients: &mut Vec<Client>, count: usize| {
        for _ in 0..count {
            let id = format!("idle-{}", clients.len());
            clients.push(Client::new(broker.address, &id).await);
        }
    };
    // What the first clients make the process allocate once is not the next one's.
    connect(&mut clients, 100).await;
    let before = broker.memory();
    connect(&mut clients, count).await;
    for client in &mut clients {
        client.ping().await;
    }
    check("idle", &broker, before, count);
    for client in &mut clients {
        for id in 1..=20 {
            client.publish(id, 2, "nobody", "here").await;
        }
        for id in 1..=20 {
            assert_eq!(client.puback().await, id);
        }
    }
    // What they needed for that is given back.
    check("idle again", &broker, before, count);
}

fn check(when: &str, broker: &BrokerProcess, before: usize, count: usize) {
    let after = broker.memory();
    let each = after.saturating_sub(before) / count;
    say(&format!(
        "{count} clients, {when}: {each} bytes each ({before} to {after})"
    ));
    let bytes_max = count * CLIENT_BYTES_MAX + SLACK_BYTES;
    assert!(after - before < bytes_max, "{each} bytes each");
}
