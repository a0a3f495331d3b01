//! Calls whose answers may show personal data: to whom, and that it is put on record.

use std::future::Future;

use futures_util::{Stream, StreamExt as _};
use tonic::{Request, Status, metadata::MetadataMap};

use super::{
    caller::parted,
    reply::{Reply, ReplyStream, answer_read, answer_stream},
};
use crate::{
    access::Caller,
    api::{
        ComplaintApi,
        personal::{LeaveOut, Personal, Shown},
        read_record::{ReadOf, ReadRecord},
    },
    intake::{PURPOSE, Problem, purpose},
};

/// As [`PURPOSE`], with bytes of UTF-8.
const PURPOSE_BINARY: &str = "redress-purpose-bin";

/// A call whose answer may show personal data.
pub(super) struct Reading {
    caller: Caller,
    showing: Showing,
}

/// What becomes of the personal data in its answer.
#[derive(Clone)]
enum Showing {
    /// They are left out.
    Nothing,
    /// They are shown to nobody in particular.
    ToAnyone,
    /// They are shown, and that is put on record.
    OnRecord(ReadRecord, ReadOf),
}

impl ComplaintApi {
    /// A call of a method, in parts.
    ///
    /// # Errors
    /// INVALID_ARGUMENT when the header that says for what purpose is not valid.
    pub(super) fn reading<T>(
        &self,
        method: &'static str,
        request: Request<T>,
    ) -> Result<(Reading, T), Status> {
        let purpose = self.purpose(request.metadata())?;
        let (caller, message) = parted(request);
        let showing = if caller.sees_personal_data() {
            match self.read_record.call(&caller, method, &purpose) {
                Some(call) => Showing::OnRecord(self.read_record.clone(), call),
                None => Showing::ToAnyone,
            }
        } else {
            Showing::Nothing
        };
        Ok((Reading { caller, showing }, message))
    }

    /// For what purpose a caller reads; empty: the caller does not say.
    fn purpose(&self, headers: &MetadataMap) -> Result<String, Problem> {
        let plain = headers.get_all(PURPOSE).iter();
        let plain = plain.map(|value| value.as_bytes().to_vec());
        let binary = headers.get_all_bin(PURPOSE_BINARY).iter();
        let binary = binary.map(|value| Some(value.to_bytes().ok()?.to_vec()));
        let given: Vec<Option<Vec<u8>>> = plain.map(Some).chain(binary).collect();
        purpose(self.check(), &given)
    }
}

impl Reading {
    /// Who calls.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The answer, as this caller may see it.
    pub(super) async fn answer<A, M>(
        &self,
        answer: impl Future<Output = Result<A, Problem>> + Send,
    ) -> Reply<M>
    where
        A: Personal + Into<M> + Send,
    {
        answer_read(async { self.showing.show(answer.await?) }).await
    }

    /// A stream of answers, likewise. It ends when one cannot be shown.
    pub(super) async fn stream<A, M>(
        &self,
        answers: impl Future<
            Output = Result<impl Stream<Item = Result<A, Problem>> + Send + 'static, Problem>,
        > + Send,
    ) -> Reply<ReplyStream<M>>
    where
        A: Personal + Into<M> + Send + 'static,
        M: Send + 'static,
    {
        let showing = self.showing.clone();
        answer_stream(async {
            let answers = answers.await?;
            let shown = answers.map(move |answer| showing.show(answer?));
            // Whatever comes after an error is not a message of the stream any more.
            Ok(shown.scan(false, |over, message| {
                let ended = std::mem::replace(over, message.is_err());
                std::future::ready((!ended).then_some(message))
            }))
        })
        .await
    }
}

impl Showing {
    fn show<A: Personal + Into<M>, M>(&self, mut answer: A) -> Result<M, Problem> {
        match self {
            Showing::Nothing => answer.each(&mut LeaveOut),
            Showing::ToAnyone => {}
            Showing::OnRecord(record, call) => record.note(call, Shown::by(&mut answer))?,
        }
        Ok(answer.into())
    }
}
