//! Where a replica has to have what is acknowledged, whoever asks hears so, or that nobody knows.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::redis::{Redis, silo_on};
use crate::common::ports::free_port;
use crate::common::{Answer, Pizza, request, until};

struct Replica {
    process: Child,
}

impl Replica {
    fn of(redis: &Redis, dir: &Path) -> Self {
        let port = free_port().to_string();
        let process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .args(["--replicaof", "127.0.0.1", &redis.port.to_string()])
            .args(["--repl-diskless-sync-delay", "0"])
            .arg("--dir")
            .arg(dir)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let mut connection = redis.connection();
        until("the replica to follow", || {
            let mut command = redis::cmd("INFO");
            let told: String = command.arg("replication").query(&mut connection).ok()?;
            told.contains("state=online").then_some(())
        });
        Self { process }
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn place(pizza: &Pizza, id: &str) -> Answer {
    let body = json!({"customerId": "customer-1", "pizzaType": "Margherita"}).to_string();
    let id = [("idempotency-key", id)];
    request(
        pizza.http,
        "POST",
        "/api/orders",
        &id,
        Some(body.as_bytes()),
    )
}

#[test]
fn an_order_is_placed_when_a_replica_has_it_and_not_before() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let of_replica = tempfile::tempdir().expect("a directory");
    let replica = Replica::of(&redis, of_replica.path());
    let one = silo_on(&redis.url, data.path(), "one", "replicas = 1");
    let placed = place(&one, "first");
    assert_eq!(placed.status, 201, "{}", placed.text());
    let durability = placed.header("x-durability");
    assert_eq!(durability.as_deref(), Some("replicated(1)"));

    replica.signal("-STOP");
    let unknown = place(&one, "second");
    assert!(unknown.status >= 500, "{}", unknown.text());
    replica.signal("-CONT");
    let placed = until("the order to be placed", || {
        let again = place(&one, "second");
        (again.status == 201).then_some(again)
    });
    let durability = placed.header("x-durability");
    assert_eq!(durability.as_deref(), Some("replicated(1)"));
}
