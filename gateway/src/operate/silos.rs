//! All silos side by side: what each says of itself, those that do not answer, and those that went
//! without a word.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use axum::response::Response;
use futures_util::future::join_all;
use parking_lot::Mutex;
use pizza_client::Operators;
use pizza_client::operators::Inquiry;
use serde_json::{Value, json};

use super::answer;
use super::known::{Known, Seen, name};
use crate::problem::Problem;

/// How long a silo may take to look something up.
const LOOK_WAIT: Duration = Duration::from_secs(10);
/// How long a silo may take to say how it is. One that takes longer is in trouble, which is worth
/// telling soon.
const SILO_WAIT: Duration = Duration::from_secs(2);
/// The most letters that are counted: each is read whole for that.
const LETTERS_MAX: usize = 100;
/// How long a count of letters is good for, whoever asks.
const LETTERS_FOR: Duration = Duration::from_secs(5);

/// A way to the silos for those who may look at them and change them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Silos(Arc<Inner>);

struct Inner {
    operators: Arc<Operators>,
    known: Mutex<Known>,
    letters: Mutex<Option<(Instant, Value)>>,
}

/// What a silo says of itself, or why it says nothing.
pub(crate) type Row = (String, Result<Value, String>);

impl Silos {
    pub(super) fn new(operators: Arc<Operators>) -> Self {
        Self(Arc::new(Inner {
            operators,
            known: Mutex::default(),
            letters: Mutex::default(),
        }))
    }

    /// Looks something up, at any silo.
    ///
    /// # Errors
    /// What the silo says is wrong, or why none answers.
    pub(crate) async fn look(&self, path: &str) -> Result<Value, Problem> {
        let asked = self.0.operators.ask(&Inquiry::get(path, LOOK_WAIT)).await;
        answer::value(asked.map_err(answer::unreached)?).await
    }

    /// Asks any silo, and hands its answer on.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub(crate) async fn pass(&self, inquiry: &Inquiry) -> Result<Response, Problem> {
        let asked = self.0.operators.ask(inquiry).await;
        answer::response(asked.map_err(answer::unreached)?).await
    }

    /// The same, for an answer that comes piece by piece.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub(crate) async fn pass_along(&self, inquiry: &Inquiry) -> Result<Response, Problem> {
        let asked = self.0.operators.ask(inquiry).await;
        answer::along(asked.map_err(answer::unreached)?).await
    }

    /// The same, of the silo that has the actor at the path `actor` in memory, as far as that is known:
    /// what an actor does and is asked to do is a matter of its own silo.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub(crate) async fn pass_to_owner(
        &self,
        actor: &str,
        inquiry: &Inquiry,
    ) -> Result<Response, Problem> {
        let Some(address) = self.owner(actor).await? else {
            return self.pass(inquiry).await;
        };
        match self.0.operators.ask_at(&address, inquiry).await {
            Ok(answer) => answer::response(answer).await,
            // It may be going; what is kept of an actor every silo knows.
            Err(_) if inquiry.method == Method::GET => self.pass(inquiry).await,
            Err(error) => Err(answer::unreached(error)),
        }
    }

    /// Where the silo is reached that has opened an actor last; `None` where there is one alone.
    async fn owner(&self, actor: &str) -> Result<Option<String>, Problem> {
        if self.0.known.lock().silos().is_empty() {
            self.look_round().await?;
        }
        if self.0.known.lock().is_one() {
            return Ok(None);
        }
        let record = self.look(actor).await?;
        let Some(owner) = record["owner"].as_str() else {
            return Ok(None);
        };
        let known = self.0.known.lock().address_of(owner);
        if known.is_some() {
            return Ok(known);
        }
        // It may have joined since somebody looked.
        self.look_round().await?;
        Ok(self.0.known.lock().address_of(owner))
    }

    /// How things stand on all silos.
    ///
    /// # Errors
    /// When none of them answers.
    pub(crate) async fn stats(&self) -> Result<Value, Problem> {
        let silos = self.look_round().await?;
        let letters = self.letters().await?;
        Ok(stats(&silos, &letters))
    }

    /// One row for each silo; which there are is known from now on.
    async fn look_round(&self) -> Result<Vec<Value>, Problem> {
        let told = self.look("/stats").await?;
        let members = members(&told);
        let rows = match &members[..] {
            // It is alone, and has just told everything.
            [] => vec![(String::new(), Ok(told.clone()))],
            members => {
                let addresses: Vec<String> = members
                    .iter()
                    .filter_map(|member| member["operators"].as_str().map(str::to_owned))
                    .collect();
                self.0.operators.are(&addresses);
                self.each(&addresses, "/stats").await
            }
        };
        Ok(self.noted(&told, &members, &rows))
    }

    /// Asks each of these silos for the same.
    async fn each(&self, addresses: &[String], path: &str) -> Vec<Row> {
        let asked = addresses.iter().map(async |address| {
            let inquiry = Inquiry::get(path, SILO_WAIT);
            let told = match self.0.operators.ask_at(address, &inquiry).await {
                Ok(answer) => answer::value(answer)
                    .await
                    .map_err(|problem| problem.detail().to_owned()),
                Err(error) => Err(error.to_string()),
            };
            (address.clone(), told)
        });
        join_all(asked).await
    }

    /// What each silo that is known says at this path; its id or its address, and what it says.
    pub(crate) async fn all(&self, path: &str) -> Vec<Row> {
        // Else one silo would be told as if it were all of them. Where none answers, none answers the
        // question itself, which says so.
        if self.0.known.lock().is_old(Instant::now()) {
            let _ = self.look_round().await;
        }
        let known = self.0.known.lock().silos();
        let addresses: Vec<String> = known.iter().map(|(_, address)| address.clone()).collect();
        if let [] | [_] = &addresses[..] {
            let told = self
                .look(path)
                .await
                .map_err(|problem| problem.detail().to_owned());
            let id = known.first().map_or_else(String::new, |(id, _)| id.clone());
            return vec![(id, told)];
        }
        let rows = self.each(&addresses, path).await;
        let ids = known.into_iter().map(|(id, _)| id);
        ids.zip(rows).map(|(id, (_, told))| (id, told)).collect()
    }

    /// One row for each silo, and what is known of them from now on.
    fn noted(&self, told: &Value, members: &[Value], rows: &[Row]) -> Vec<Value> {
        let mut now = BTreeMap::new();
        let mut silos = Vec::new();
        if members.is_empty() {
            let id = text(told, "silo");
            now.insert(
                id,
                Seen {
                    address: String::new(),
                    is_leaving: false,
                },
            );
            silos.push(row(told, "live"));
        }
        for member in members {
            let (id, address) = (text(member, "silo"), text(member, "operators"));
            let is_leaving = member["state"] == "leaving";
            let state = if is_leaving { "leaving" } else { "live" };
            let told = rows.iter().find(|(of, _)| *of == address);
            silos.push(match told {
                Some((_, Ok(told))) => of_member(row(told, state), member),
                told => {
                    let why = told.and_then(|(_, told)| told.as_ref().err());
                    let why = why.map_or("it has no address for operators", String::as_str);
                    let row = json!({"silo": id, "name": name(&id), "state": "silent", "why": why});
                    of_member(row, member)
                }
            });
            now.insert(
                id,
                Seen {
                    address,
                    is_leaving,
                },
            );
        }
        let mut known = self.0.known.lock();
        known.are(now, Instant::now());
        silos.extend(known.gone().cloned());
        silos
    }

    /// How many letters are dead, and the newest of them.
    async fn letters(&self) -> Result<Value, Problem> {
        if let Some((at, letters)) = &*self.0.letters.lock()
            && at.elapsed() < LETTERS_FOR
        {
            return Ok(letters.clone());
        }
        let page = self
            .look(&format!("/dead-letters?limit={LETTERS_MAX}"))
            .await?;
        let letters = page["deadLetters"].as_array();
        let mut view =
            json!({"count": letters.map_or(0, Vec::len), "more": !page["next"].is_null()});
        // Of those that are not counted one may be newer.
        if let Some(newest) = letters
            .and_then(|all| all.last())
            .filter(|_| page["next"].is_null())
        {
            view["newest"] = newest.clone();
        }
        *self.0.letters.lock() = Some((Instant::now(), view.clone()));
        Ok(view)
    }

    /// Has letters counted anew when somebody looks next.
    pub(crate) fn letters_changed(&self) {
        *self.0.letters.lock() = None;
    }
}

fn members(told: &Value) -> Vec<Value> {
    let members = told["cluster"]["members"].as_array();
    members.cloned().unwrap_or_default()
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap_or_default().to_owned()
}

/// What a silo says of itself, as a row.
fn row(told: &Value, state: &str) -> Value {
    let mut row = told.clone();
    row["state"] = state.into();
    let Some(fields) = row.as_object_mut() else {
        return Value::Null;
    };
    let cluster = fields.remove("cluster").unwrap_or_default();
    for name in ["leaseLeftMs", "clockAheadMs", "relayLagMs", "guardianLagMs"] {
        if !cluster[name].is_null() {
            fields.insert(name.to_owned(), cluster[name].clone());
        }
    }
    // What is not there is left out, in this API.
    fields.retain(|_, value| !value.is_null());
    row
}

fn of_member(mut row: Value, member: &Value) -> Value {
    for (name, of) in [
        ("address", "operators"),
        ("shards", "shards"),
        ("labels", "labels"),
    ] {
        if !member[of].is_null() {
            row[name] = member[of].clone();
        }
    }
    row
}

fn stats(silos: &[Value], letters: &Value) -> Value {
    let sum = |name: &str| {
        silos
            .iter()
            .filter_map(|silo| silo[name].as_u64())
            .sum::<u64>()
    };
    let breakers = silos.iter().filter_map(|silo| silo["breakers"].as_object());
    let open = breakers.flat_map(|breakers| breakers.values());
    let open = open.filter(|breaker| breaker["state"] != "closed").count();
    json!({
        "deadLetters": letters,
        "totals": {
            "actorsInMemory": sum("actorsInMemory"),
            "actorsAtWork": sum("actorsAtWork"),
            "outboxPending": sum("outboxPending"),
            "remindersSoon": sum("remindersSoon"),
            "breakersOpen": open,
        },
        "silos": silos,
    })
}
