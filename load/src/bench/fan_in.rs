//! Many clients publish to one subscriber, on topics that mean nothing to a pizzeria: what an MQTT
//! broker is worth by itself, ours or any other.
//!
//! A closed loop: each publisher has so many messages on their way that the subscriber has not
//! received, and no more. So nothing needs to be dropped, and what is measured is what arrives.

mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use pizza_cli::table;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use self::client::{Acknowledgements, Client, Qos};
use crate::broker::Broker;
use crate::process::Process;

/// How long messages may take to arrive that are on their way in the end.
const REST_WAIT: Duration = Duration::from_secs(2);
const FILTER: &str = "bench/fan-in/+";

#[derive(Args)]
pub struct FanIn {
    #[command(flatten)]
    broker: Broker,
    #[arg(long, default_value_t = 50, value_name = "P", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    publishers: u16,
    /// Quality of service, of the publishers and of the subscriber: 0 or 1
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    qos: u8,
    /// Bytes of a message's payload
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(2..=60_000))]
    bytes: u16,
    /// Messages of each publisher that the subscriber has not received yet
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    window: u16,
    /// Measured time
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Load before it, not measured
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    /// The broker's process on this machine, whose CPU time is measured too
    #[arg(long)]
    pid: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What publishers and subscriber share.
struct Shared {
    /// For each publisher, how many messages it may send now.
    room: Vec<Semaphore>,
    received: AtomicU64,
    sent: AtomicU64,
}

/// What was measured.
struct Figures {
    took: Duration,
    received: u64,
    /// Processor time of the broker's process.
    cpu: Option<Duration>,
    lost: u64,
}

impl FanIn {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let qos = if self.qos == 0 {
            Qos::AtMostOnce
        } else {
            Qos::AtLeastOnce
        };
        let window = usize::from(self.window);
        let room = (0..self.publishers).map(|_| Semaphore::new(window));
        let shared = Arc::new(Shared {
            room: room.collect(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        });
        // Before the load: a process that is not there is a mistake of the command line.
        let broker = self.pid.map(Process::of).transpose()?;
        let mut clients = JoinSet::new();
        let mut subscriber = self.client("subscriber").await?;
        subscriber.subscribe(FILTER, qos).await?;
        clients.spawn(subscribe(subscriber, qos, Arc::clone(&shared)));
        for number in 0..self.publishers {
            let publisher = self.client(&format!("publisher-{number}")).await?;
            let message = client::publish(
                &format!("bench/fan-in/{number}"),
                &self.payload(number),
                qos,
            );
            clients.spawn(publish(
                publisher,
                message,
                qos,
                number,
                Arc::clone(&shared),
            ));
        }
        let measured = self.measure(&shared, broker);
        let figures = tokio::select! {
            figures = measured => figures?,
            // None of them ends by itself.
            Some(ended) = clients.join_next() => {
                ended.context("a client panicked")??;
                anyhow::bail!("a client ended");
            }
        };
        self.print(&figures)
    }

    async fn measure(&self, shared: &Shared, broker: Option<Process>) -> anyhow::Result<Figures> {
        let used = || broker.as_ref().map(Process::cpu).transpose();
        sleep(Duration::from_secs(self.warm_up)).await;
        let (begun, before, cpu_before) = (Instant::now(), shared.received(), used()?);
        sleep(Duration::from_secs(self.seconds)).await;
        let (took, received) = (begun.elapsed(), shared.received() - before);
        let cpu = used()?
            .zip(cpu_before)
            .map(|(after, before)| after.saturating_sub(before));
        let lost = shared.lost().await;
        anyhow::ensure!(
            received > 0,
            "nothing arrives; may this client subscribe to {FILTER}?"
        );
        Ok(Figures {
            took,
            received,
            cpu,
            lost,
        })
    }

    async fn client(&self, name: &str) -> anyhow::Result<Client> {
        let (host, port) = self.broker.without_tls()?;
        let name = format!("fan-in-{}-{name}", std::process::id());
        let connected = Client::connect(host, port, &name, &self.broker.login).await;
        connected.with_context(|| format!("at {}", self.broker.address))
    }

    /// Begins with the publisher's number, by which the subscriber tells them apart.
    fn payload(&self, number: u16) -> Vec<u8> {
        let mut payload = vec![b'x'; self.bytes.into()];
        payload[..2].copy_from_slice(&number.to_be_bytes());
        payload
    }

    fn print(&self, figures: &Figures) -> anyhow::Result<()> {
        let per_second = figures.received as f64 / figures.took.as_secs_f64();
        let cpu_us = figures
            .cpu
            .map(|cpu| cpu.as_secs_f64() * 1e6 / figures.received as f64);
        if self.json {
            return table::print_json(&json!({
                "publishers": self.publishers, "qos": self.qos, "bytes": self.bytes,
                "window": self.window, "seconds": figures.took.as_secs_f64(),
                "received": figures.received, "perSecond": per_second.round(),
                "cpuMicrosPerMessage": cpu_us, "lost": figures.lost,
            }));
        }
        let mut rows = vec![
            (
                "publishers",
                format!("{}, at QoS {}", self.publishers, self.qos),
            ),
            (
                "received",
                format!("{} ({per_second:.0} a second)", figures.received),
            ),
            ("lost", figures.lost.to_string()),
        ];
        if let Some(cpu_us) = cpu_us {
            rows.push(("broker's CPU", format!("{cpu_us:.1} µs a message")));
        }
        table::print_pairs(&rows)
    }
}

impl Shared {
    fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// How many never arrive, once nobody sends any more.
    async fn lost(&self) -> u64 {
        for room in &self.room {
            room.close();
        }
        let arrived = async {
            while self.received() < self.sent.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = timeout(REST_WAIT, arrived).await;
        self.sent
            .load(Ordering::Relaxed)
            .saturating_sub(self.received())
    }
}

async fn publish(
    publisher: Client,
    message: Vec<u8>,
    qos: Qos,
    number: u16,
    shared: Arc<Shared>,
) -> anyhow::Result<()> {
    let room = &shared.room[usize::from(number)];
    let (mut reader, mut writer) = publisher.split();
    let (mut out, mut id) = (Vec::new(), 0_u16);
    let sends = async {
        while let Ok(permit) = room.acquire().await {
            permit.forget();
            let mut count = 1;
            // All that may be sent leaves at once, as it would from a client under load.
            while let Ok(permit) = room.try_acquire() {
                permit.forget();
                count += 1;
            }
            out.clear();
            for _ in 0..count {
                id = id.checked_add(1).unwrap_or(1);
                client::append(&mut out, &message, qos, id);
            }
            shared.sent.fetch_add(count, Ordering::Relaxed);
            writer.write(&out).await?;
        }
        // No more is sent; what was sent is still acknowledged.
        std::future::pending::<anyhow::Result<()>>().await
    };
    tokio::select! {
        failed = sends => failed,
        ended = reader.skip() => ended,
    }
}

async fn subscribe(subscriber: Client, qos: Qos, shared: Arc<Shared>) -> anyhow::Result<()> {
    let (mut reader, mut writer) = subscriber.split();
    let mut acknowledgements = Acknowledgements::default();
    loop {
        reader.fill().await?;
        while let Some(message) = reader.message(qos)? {
            shared.received.fetch_add(1, Ordering::Relaxed);
            if let Some(room) = shared.room.get(usize::from(message.publisher)) {
                room.add_permits(1);
            }
            acknowledgements.add(message.id);
        }
        writer.write(acknowledgements.bytes()).await?;
        acknowledgements.clear();
    }
}
