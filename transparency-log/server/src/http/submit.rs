//! Taking submissions, and raw entries where a log was made for that.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode, header};
use pinfold_core::json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::answer::{Refused, json, text};
use super::{Shared, read};
use crate::limits::{ANSWER_TIME, BODY_TIME, MAX_BODY_BYTES, MAX_TEST_ENTRY_BYTES};
use crate::proofs;
use crate::published::Published;
use crate::round::gate::Signing;
use crate::round::queue::QueueRefusal;
use crate::round::submission::{Answer, Submission};
use crate::store::Kind;

/// Bodies up to this size are judged where they arrive; larger ones on a thread that may take its time.
const SMALL_BODY_BYTES: usize = 64 << 10;

/// `POST /submit`
pub(super) async fn submit(shared: &Arc<Shared>, request: Request) -> Result<Response<Body>, Refused> {
    if shared.kind != Kind::Names {
        return Err(Refused::not_found());
    }
    // The body is read first: an answer before it would meet a client that still writes.
    let (body, _room) = body(shared, request, MAX_BODY_BYTES).await?;
    is_open(shared)?;
    let submission = if body.len() <= SMALL_BODY_BYTES {
        Submission::parse(&body)
    } else {
        let parsed = tokio::task::spawn_blocking(move || Submission::parse(&body)).await;
        parsed.map_err(|_| Refused::unavailable("ReadFailed", "the submission could not be judged"))?
    };
    let (index, just_now) = logged(shared, submission.map_err(Refused::from)?).await?;
    let first = match just_now.and_then(|published| proofs::just_now(&published, index)) {
        Some(first) => first,
        None => {
            let published = shared.published()?;
            read(shared, move |reader| proofs::first(reader, &published, index)).await?
        }
    };
    let first = String::from_utf8(first.to_bytes())
        .map_err(|_| Refused::unavailable("ReadFailed", "a proof of the log is no text"))?;
    Ok(json(&Value::object(vec![
        ("first", Value::string(first)),
        ("index", Value::uint(index)),
        ("schema", Value::string("pinfold/submitted/v1")),
    ])))
}

/// `POST /add`, for load generators: raw bytes in, the index in decimal out.
pub(super) async fn add(shared: &Arc<Shared>, request: Request) -> Result<Response<Body>, Refused> {
    let (body, _room) = body(shared, request, MAX_TEST_ENTRY_BYTES).await?;
    is_open(shared)?;
    let (index, _) = logged(shared, Submission::raw(body)).await?;
    Ok(text(index.to_string().into_bytes()))
}

/// Waits until the submission is published.
async fn logged(
    shared: &Arc<Shared>,
    submission: Submission,
) -> Result<(u64, Option<Arc<Published>>), Refused> {
    let stopping = || Refused::unavailable("Stopping", "the log is stopping; ask again");
    let answer = shared.queue.push(submission).map_err(|refusal| match refusal {
        QueueRefusal::Full => Refused::unavailable("QueueFull", "too many submissions wait"),
        QueueRefusal::Closed => stopping(),
    })?;
    match timeout(ANSWER_TIME, answer).await {
        Ok(Ok(Answer::Logged { index, just_now })) => Ok((index, just_now)),
        Ok(Ok(Answer::Refused(refused))) => Err(refused),
        Ok(Err(_)) => Err(stopping()),
        Err(_) => Err(Refused::unavailable(
            "NoQuorumYet",
            "no head with this entry is published yet; submit the same again",
        )),
    }
}

fn is_open(shared: &Shared) -> Result<(), Refused> {
    match shared.gate.get() {
        Signing::Open => Ok(()),
        Signing::Waiting(why) | Signing::Stopped(why) => {
            Err(Refused::unavailable("NotSigning", format!("the log does not sign: {why}")))
        }
    }
}

/// Reads a body whose length was announced, within its limit, in time, and within what all bodies together may take.
async fn body(
    shared: &Arc<Shared>,
    request: Request,
    max_bytes: usize,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), Refused> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()).and_then(|length| length.parse().ok());
    let length: usize = length.ok_or_else(|| {
        Refused::new(StatusCode::LENGTH_REQUIRED, "LengthRequired", "a submission needs a Content-Length")
    })?;
    if length > max_bytes {
        let message = format!("a submission has at most {max_bytes} bytes, this one has {length}");
        return Err(Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", message));
    }
    let bytes = u32::try_from(length).unwrap_or(u32::MAX);
    let room = shared.body_bytes.clone().try_acquire_many_owned(bytes);
    let room = room.map_err(|_| Refused::unavailable("QueueFull", "too many submissions wait"))?;
    let read = timeout(BODY_TIME, to_bytes(request.into_body(), max_bytes)).await;
    let broken = |what: &str| Refused::new(StatusCode::BAD_REQUEST, "NotASubmission", what);
    match read {
        Ok(Ok(body)) => Ok((body.into(), room)),
        Ok(Err(_)) => Err(broken("the body broke off")),
        Err(_) => Err(broken(&format!("the body did not come within {} s", seconds(BODY_TIME)))),
    }
}

fn seconds(time: Duration) -> u64 {
    time.as_secs()
}
