//! Figures are those of the log up to a position, and every one can be opened.

use prost::Message as _;
use redress::{
    access::Caller,
    proto::v1::{
        self, Channel, ClosureReason, FigureDimension as By, FigureMeasure as Measure,
        figure_service_client::FigureServiceClient, get_figures_response::Message,
    },
};
use tonic::{Code, Status, body::Body, client::GrpcService, transport::Channel as Wire};

use self::book::{book, position, until};
use crate::support::{
    callers::{Desk, of_brands, of_queues},
    command::command,
    service::{Service, act, at, filing, refusal, violated},
};

mod book;
pub(crate) mod counting;

/// Reads the stream to its end.
pub(crate) async fn answer_to<C>(
    figures: &mut FigureServiceClient<C>,
    question: v1::GetFiguresRequest,
) -> Result<v1::Figures, Status>
where
    C: GrpcService<Body, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    C::ResponseBody: http_body::Body<
            Data = bytes::Bytes,
            Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
        > + Send
        + 'static,
{
    let mut stream = figures.get_figures(question).await?.into_inner();
    let mut looked_at = 0;
    loop {
        match stream.message().await?.and_then(|it| it.message) {
            Some(Message::Progress(progress)) => {
                assert!(progress.complaints >= looked_at);
                looked_at = progress.complaints;
            }
            Some(Message::Figures(figures)) => return Ok(figures),
            None => panic!("the stream ends without figures"),
        }
    }
}

/// A word as the figures spell it.
fn named(word: &str, prefix: &str) -> String {
    word.trim_start_matches(prefix).to_lowercase()
}

async fn figures_of(service: &Service) -> FigureServiceClient<Wire> {
    let address = format!("http://{}", service.app.address);
    FigureServiceClient::connect(address).await.unwrap()
}

fn question(month: &str, by: &[By]) -> v1::GetFiguresRequest {
    v1::GetFiguresRequest {
        month: month.to_owned(),
        time_zone: "America/Toronto".to_owned(),
        by: by.iter().map(|dimension| (*dimension).into()).collect(),
        ..Default::default()
    }
}

fn only(dimension: By, value: &str) -> v1::FigureDimensionValue {
    v1::FigureDimensionValue {
        dimension: dimension.into(),
        value: value.to_owned(),
    }
}

fn value(cell: &v1::FigureCell, measure: Measure) -> Option<f64> {
    let mut figures = cell.figures.iter();
    let figure = figures.find(|figure| figure.measure() == measure);
    figure.expect("the measure").value
}

/// June to August in a zone.
fn summer(zone: &str, from: &str, to: &str, by: &[By]) -> v1::GetFiguresRequest {
    v1::GetFiguresRequest {
        month: String::new(),
        from_time: Some(at(from)),
        to_time: Some(at(to)),
        time_zone: zone.to_owned(),
        ..question("", by)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_is_that_of_a_naive_program_and_can_be_opened() {
    let mut service = Service::start().await;
    let names = book(&mut service).await;
    let mut figures = figures_of(&service).await;
    let position = position(&mut service.client, &names[8]).await;
    let at_position = |question| v1::GetFiguresRequest {
        position: position.clone(),
        ..question
    };
    let mut questions = vec![question("2026-05", &[]), question("2026-06", &[])];
    let dimensions = (1..=12).map(|number| By::try_from(number).unwrap());
    questions.extend(dimensions.map(|dimension| question("2026-06", &[dimension])));
    questions.extend([
        question("2026-06", &[By::Clock, By::Brand, By::Policy]),
        question("2026-07", &[By::Assignee, By::Region]),
        v1::GetFiguresRequest {
            only: vec![only(By::Region, "CA-QC"), only(By::Channel, "form")],
            ..question("2026-06", &[By::Day])
        },
        summer(
            "America/Toronto",
            "2026-06-01T04:00:00Z",
            "2026-09-01T04:00:00Z",
            &[By::Month],
        ),
        summer(
            "Europe/Berlin",
            "2026-05-31T22:00:00Z",
            "2026-08-31T22:00:00Z",
            &[By::Month],
        ),
        summer(
            "Pacific/Auckland",
            "2026-05-31T12:00:00Z",
            "2026-08-31T12:00:00Z",
            &[By::Month, By::Level],
        ),
        // To where clocks were put forward, and from there on.
        summer(
            "America/Toronto",
            "2026-03-08T07:00:00Z",
            "2026-11-01T06:00:00Z",
            &[By::Day],
        ),
    ]);
    let questions: Vec<_> = questions.into_iter().map(at_position).collect();
    let compared = counting::agrees(&mut service.client, &mut figures, questions.clone()).await;
    assert!(compared > 500, "{compared}");

    // The sum of what the complaints of a cell count for is the figure.
    let mut opened = 0;
    let opens =
        |question: &v1::GetFiguresRequest| question.by.len() > 1 || !question.only.is_empty();
    for question in questions.into_iter().filter(opens) {
        let answer = answer_to(&mut figures, question.clone()).await.unwrap();
        for cell in &answer.cells {
            let key = answer.by.iter().zip(&cell.key);
            let key = key.map(|(dimension, value)| v1::FigureDimensionValue {
                dimension: *dimension,
                value: value.clone(),
            });
            let key: Vec<_> = question.only.iter().cloned().chain(key).collect();
            for figure in cell.figures.iter().filter(|it| is_count(it.measure())) {
                let wanted = figure.value.unwrap();
                if wanted > 0.0 {
                    assert_eq!(
                        behind(&mut figures, &question, figure.measure, &key).await,
                        wanted
                    );
                    opened += 1;
                }
            }
        }
    }
    assert!(opened > 40, "{opened}");
    service.stop().await;
}

fn is_count(measure: Measure) -> bool {
    !measure.as_str_name().contains("DAYS") && measure != Measure::PromisesKeptPercent
}

/// How many things count of the complaints behind a figure, listed two at a time.
async fn behind(
    figures: &mut FigureServiceClient<Wire>,
    question: &v1::GetFiguresRequest,
    measure: i32,
    only: &[v1::FigureDimensionValue],
) -> f64 {
    let mut request = v1::ListFigureComplaintsRequest {
        month: question.month.clone(),
        from_time: question.from_time,
        to_time: question.to_time,
        time_zone: question.time_zone.clone(),
        measure,
        only: only.to_vec(),
        position: question.position.clone(),
        page_size: 2,
        ..Default::default()
    };
    let (mut found, mut before) = (0_u32, String::new());
    loop {
        let page = figures.list_figure_complaints(request.clone()).await;
        let page = page.unwrap().into_inner();
        assert_eq!(page.position, question.position);
        for complaint in &page.complaints {
            assert!(complaint.complaint > before, "in order, each once");
            before.clone_from(&complaint.complaint);
            found += u32::try_from(complaint.facts.len()).unwrap();
        }
        if page.next_page_token.is_empty() {
            return f64::from(found);
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_question_at_the_same_position_gives_the_same_bytes_whatever_came_after() {
    let mut service = Service::start().await;
    let names = book(&mut service).await;
    let mut figures = figures_of(&service).await;
    let position = position(&mut service.client, &names[8]).await;
    let questions = [
        question("2026-06", &[]),
        question("2026-06", &[By::Clock, By::Policy]),
        summer(
            "America/Toronto",
            "2026-06-01T04:00:00Z",
            "2026-09-01T04:00:00Z",
            &[By::Month, By::Assignee, By::Level],
        ),
    ];
    let mut before = Vec::new();
    for question in &questions {
        let question = v1::GetFiguresRequest {
            position: position.clone(),
            ..question.clone()
        };
        let answer = answer_to(&mut figures, question).await.unwrap();
        assert_eq!(answer.position, position);
        before.push(answer.encode_to_vec());
    }

    // Something more happens to every complaint, and what was promised falls due.
    until(&service, "2026-09-15T15:00:00Z").await;
    for name in &names {
        act!(
            service.client,
            name,
            add_note(AddNoteRequest { note: "Later." })
        )
        .unwrap();
        let corrected = v1::UpdateComplaintRequest {
            actor: "ada".to_owned(),
            complaint: Some(v1::Complaint {
                name: name.clone(),
                region: "CA-BC".to_owned(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["region".to_owned()],
            }),
            ..Default::default()
        };
        service.client.update_complaint(corrected).await.unwrap();
    }
    act!(
        service.client,
        names[0],
        reopen_complaint(ReopenComplaintRequest { reason: "Again." })
    )
    .unwrap();
    act!(
        service.client,
        names[2],
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Accepted
        })
    )
    .unwrap();
    act!(
        service.client,
        names[4],
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "No.",
            channel: Channel::Phone
        })
    )
    .unwrap();
    service.file(Channel::Form).await;

    for (question, before) in questions.iter().zip(&before) {
        let again = v1::GetFiguresRequest {
            position: position.clone(),
            ..question.clone()
        };
        let again = answer_to(&mut figures, again).await.unwrap();
        assert!(again.encode_to_vec() == *before, "{again:#?}");
    }
    let now = self::position(&mut service.client, &names[8]).await;
    let now = v1::GetFiguresRequest {
        position: now,
        ..questions[2].clone()
    };
    let now = answer_to(&mut figures, now).await.unwrap();
    assert!(
        now.encode_to_vec() != before[2],
        "something has changed since"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_gets_figures_about_the_complaints_within_its_scope_alone() {
    let desk = Desk::open();
    let mut client = desk.client(&Caller::Anyone);
    let mut recorded = 0;
    for (brand, assignee) in [
        ("jive", "Ada"),
        ("jive", ""),
        ("harbour", "Ada"),
        ("jive", "Bo"),
    ] {
        let filing = v1::FileComplaintRequest {
            brand: brand.to_owned(),
            assignee: assignee.to_owned(),
            ..filing(Channel::Form)
        };
        let filed = client.file_complaint(filing).await.unwrap().into_inner();
        let events = client.list_events(v1::ListEventsRequest {
            parent: filed.name,
            ..Default::default()
        });
        recorded += events.await.unwrap().into_inner().events.len();
    }
    // Until all of it can be read.
    desk.office.log(0, recorded).await;
    let received = |caller: Caller, only: Vec<v1::FigureDimensionValue>| {
        let mut figures = desk.figures(&caller);
        async move {
            let wanted = v1::GetFiguresRequest {
                only: only.clone(),
                ..question("2026-06", &[])
            };
            let answer = answer_to(&mut figures, wanted).await?;
            let list = v1::ListFigureComplaintsRequest {
                month: "2026-06".to_owned(),
                time_zone: "America/Toronto".to_owned(),
                measure: Measure::Received.into(),
                only,
                ..Default::default()
            };
            let listed = figures.list_figure_complaints(list).await?.into_inner();
            let received = value(&answer.total.unwrap(), Measure::Received);
            Ok::<_, Status>((received.unwrap(), listed.complaints.len()))
        }
    };
    assert_eq!(received(Caller::Anyone, vec![]).await.unwrap(), (4.0, 4));
    assert_eq!(
        received(of_brands(&["jive"]), vec![]).await.unwrap(),
        (3.0, 3)
    );
    assert_eq!(received(of_brands(&[]), vec![]).await.unwrap(), (0.0, 0));
    assert_eq!(
        received(of_queues(&["ADA"], false), vec![]).await.unwrap(),
        (2.0, 2)
    );
    assert_eq!(
        received(of_queues(&["Bo"], true), vec![]).await.unwrap(),
        (2.0, 2)
    );
    let other = received(of_brands(&["jive"]), vec![only(By::Brand, "harbour")]).await;
    assert_eq!(violated(&other.unwrap_err()), ["only[0].value"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_cannot_be_answered_is_refused_with_every_reason() {
    let service = Service::start().await;
    let mut figures = figures_of(&service).await;
    let wrong = v1::GetFiguresRequest {
        month: "2026-13".to_owned(),
        to_time: Some(at("2026-06-01T00:00:00Z")),
        time_zone: "Atlantis".to_owned(),
        by: vec![
            By::Clock.into(),
            By::Brand.into(),
            By::Clock.into(),
            By::Day.into(),
        ],
        measures: vec![Measure::Received.into()],
        only: vec![
            only(By::Channel, "pigeon"),
            only(By::Level, "99"),
            only(By::Day, "2026-02-30"),
            only(By::Clock, "resolution"),
            only(By::Region, "Quebec"),
        ],
        position: "here".to_owned(),
        ..Default::default()
    };
    let refused = answer_to(&mut figures, wrong).await.unwrap_err();
    let mut fields = violated(&refused);
    fields.sort();
    fields.dedup();
    assert_eq!(
        fields,
        [
            "by",
            "by[2]",
            "measures[0]",
            "month",
            "only[0].value",
            "only[1].value",
            "only[2].value",
            "only[3].dimension",
            "only[4].value",
            "position",
            "time_zone",
            "to_time"
        ]
    );
    let other_log = v1::GetFiguresRequest {
        position: "AQAAAAAAAAAAAAAAAAAAAAcAAAAAAAADAg".to_owned(),
        ..question("2026-06", &[])
    };
    let refused = answer_to(&mut figures, other_log).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::OutOfRange, "OTHER_LOG".to_owned())
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compliance_officer_gets_figures_on_the_command_line() {
    let mut service = Service::start().await;
    let names = book(&mut service).await;
    let position = position(&mut service.client, &names[8]).await;
    let server = format!("http://{}", service.app.address);
    let run = async |words: &[&str]| {
        let there = ["--server", server.as_str(), "--position", position.as_str()];
        let (done, text) = command(&[words, &there].concat()).await;
        done.map(|()| text).map_err(|failure| failure.to_string())
    };
    let page = run(&["figures", "--month", "2026-06", "--definitions"])
        .await
        .unwrap();
    for said in [
        "Promises kept, share",
        "ISO 10002:2018",
        "nearest rank",
        "--position",
        "Mon  1 Jun 2026 00:00 EDT",
    ] {
        assert!(page.contains(said), "{page}");
    }
    let page = run(&["figures", "--month", "2026-06", "--by", "clock,team"])
        .await
        .unwrap();
    assert!(
        page.contains("acknowledgement") && page.contains("kept %") && !page.contains("received"),
        "{page}"
    );
    let words = [
        "figures",
        "--month",
        "2026-06",
        "--by",
        "team",
        "--measure",
        "received,mean-days-to-resolve",
        "--csv",
    ];
    let csv = run(&words).await.unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "assignee,received,mean_days_to_resolve");
    assert!(lines.contains(&"zoe,2,"), "{csv}");
    let words = [
        "figures",
        "--month",
        "2026-06",
        "--complaints",
        "acknowledged-late",
        "--only",
        "clock=acknowledgement",
        "--json",
    ];
    let listed = run(&words).await.unwrap();
    assert!(
        listed.lines().count() >= 1 && listed.contains("/clocks/acknowledgement/cycles/1"),
        "{listed}"
    );
    let words = [
        "figures",
        "--from",
        "2026-06-01",
        "--to",
        "2026-06-30",
        "--json",
    ];
    let json: serde_json::Value = serde_json::from_str(&run(&words).await.unwrap()).unwrap();
    assert_eq!(json["from_time"], "2026-06-01T04:00:00Z");
    assert_eq!(json["to_time"], "2026-07-01T04:00:00Z");
    service.stop().await;
}
