//! The requests of other silos, one connection each.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use pizza_types::SiloId;
use tokio::sync::{Semaphore, mpsc};

use super::dial::Stream;
use super::frame::{Answered, Asked, Frames, Hello, Welcome, agree, decode, encode, framed};
use crate::network::Service;

/// So many requests of one connection are worked on at once. Beyond that nothing is read, so that the
/// other side comes to wait.
const AT_ONCE_MAX: usize = 4_096;

/// Serves a connection that another silo has opened, until it ends it.
///
/// # Errors
/// When it speaks another protocol, or the connection breaks.
pub async fn serve(
    me: &SiloId,
    stream: Box<dyn Stream>,
    service: Arc<dyn Service>,
) -> io::Result<()> {
    let mut frames = framed(stream);
    if let Err(why) = welcome(me, &mut frames).await? {
        frames.send(encode(&Welcome::Refused(why.clone()))?).await?;
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let (mut sink, mut stream) = frames.split();
    let (responses, mut ready) = mpsc::channel::<io::Result<Bytes>>(AT_ONCE_MAX);
    let at_once = Arc::new(Semaphore::new(AT_ONCE_MAX));
    let reading = async {
        while let Some(frame) = stream.next().await {
            let Asked { number, request } = decode(&frame?)?;
            // It is never closed.
            let permit = Arc::clone(&at_once).acquire_owned().await;
            let (service, responses) = (Arc::clone(&service), responses.clone());
            tokio::spawn(async move {
                let _permit = permit;
                let response = service.answer(request).await;
                // One that cannot be said ends the connection: whoever asked knows then that it
                // does not know. One that has ended carries no answer, which says the same.
                let frame = encode(&Answered { number, response });
                let _ = responses.send(frame).await;
            });
        }
        Ok(())
    };
    let writing = async {
        // Never `None`: there is a sender as long as this function runs.
        while let Some(frame) = ready.recv().await {
            sink.feed(frame?).await?;
            while let Ok(frame) = ready.try_recv() {
                sink.feed(frame?).await?;
            }
            sink.flush().await?;
        }
        Ok(())
    };
    tokio::select! {
        biased;
        ended = reading => ended,
        failed = writing => failed,
    }
}

/// Greets back; the inner error is why the other side is not spoken to.
async fn welcome(me: &SiloId, frames: &mut Frames) -> io::Result<Result<u16, String>> {
    let first = frames.next().await.ok_or(io::ErrorKind::UnexpectedEof)??;
    let hello: Hello = decode(&first)?;
    if hello.to != *me {
        let taken_for = &hello.to;
        return Ok(Err(format!("this is silo {me}, not {taken_for}")));
    }
    match agree(&hello) {
        Ok(version) => {
            frames.send(encode(&Welcome::Speak(version))?).await?;
            Ok(Ok(version))
        }
        Err(why) => Ok(Err(why)),
    }
}
