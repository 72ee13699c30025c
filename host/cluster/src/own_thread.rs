//! Heartbeats on a thread of their own, so that a silo whose workers are all busy is not taken for dead. What
//! is done there is [`Heartbeat::run`], as it is wherever else heartbeats are sent.

use std::convert::Infallible;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::heartbeat::Heartbeat;

/// How long the workers are given to end the silo when its heartbeats have ended.
const WORKERS_END_WITHIN: Duration = Duration::from_secs(5);

/// Heartbeats that are sent until this is dropped.
#[derive(Debug)]
pub struct OwnThread {
    ended: oneshot::Receiver<()>,
    /// Nothing is ever sent: that it is gone says that the thread is to end.
    _is_wanted: oneshot::Sender<Infallible>,
}

impl OwnThread {
    /// Begins to send them. The store must be one that nobody else asks: its connection belongs to the thread that
    /// first asks it. `last_resort` is called when heartbeats have ended and those who are told so do not even drop
    /// this within five seconds: the threads that would end the silo hang.
    ///
    /// # Errors
    /// When the machine has no thread to give.
    pub fn begin(
        heartbeat: Heartbeat,
        last_resort: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (is_built, built) = mpsc::channel();
        let (has_ended, ended) = oneshot::channel();
        let (is_wanted, mut not_wanted) = oneshot::channel::<Infallible>();
        let run = move || {
            // Here: a runtime that is dropped where others run would be a panic.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = is_built.send(Err(error));
                    return;
                }
            };
            let _ = is_built.send(Ok(()));
            let hangs = runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = &mut not_wanted => return false,
                    () = heartbeat.run() => {}
                }
                // Whoever does not wait for it has dropped the other end.
                let _ = has_ended.send(());
                tokio::time::timeout(WORKERS_END_WITHIN, not_wanted)
                    .await
                    .is_err()
            });
            if hangs {
                last_resort();
            }
        };
        let thread = std::thread::Builder::new().name("heartbeats".to_owned());
        thread.spawn(run)?;
        let gone = |_| Err(io::Error::other("the thread of heartbeats has ended"));
        built.recv().unwrap_or_else(gone)?;
        Ok(Self {
            ended,
            _is_wanted: is_wanted,
        })
    }

    /// Returns when the others have taken this silo for dead, or it hangs.
    pub async fn ended(&mut self) {
        // Its end without a word would be a panic, after which no heartbeats are sent either.
        let _ = (&mut self.ended).await;
    }
}
