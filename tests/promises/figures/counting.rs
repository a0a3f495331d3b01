//! A naive program in another language counts the same from the logs.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use jiff::Timestamp;
use redress::proto::v1::{
    self, complaint_service_client::ComplaintServiceClient,
    figure_service_client::FigureServiceClient,
};
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::{answer_to, named};

const SCRIPT: &str = "tests/figures/count.py";

/// Asks all of these, and has every figure of the answers counted again. Returns how many were compared.
pub(crate) async fn agrees(
    client: &mut ComplaintServiceClient<Channel>,
    figures: &mut FigureServiceClient<Channel>,
    questions: Vec<v1::GetFiguresRequest>,
) -> usize {
    let mut answers = Vec::new();
    for question in questions {
        let answer = answer_to(figures, question).await.unwrap();
        assert_eq!(answer.unreachable, Vec::<String>::new());
        answers.push(told(&answer));
    }
    let policies = std::fs::read_dir("policies").unwrap();
    let policies = policies.map(|entry| entry.unwrap().path());
    let policies = policies.filter(|path| path.extension().is_some_and(|it| it == "toml"));
    let book = json!({
        "complaints": logs(client).await,
        "policies": policies.map(|path| std::fs::read_to_string(path).unwrap()).collect::<Vec<_>>(),
        "answers": answers,
    });
    tokio::task::block_in_place(|| counted(&book))
}

fn counted(book: &Value) -> usize {
    let mut child = Command::new("python3")
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 counts the figures again");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(book.to_string().as_bytes()).unwrap();
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}");
    let compared = said.split_whitespace().next();
    compared.and_then(|count| count.parse().ok()).expect(&said)
}

/// Every complaint with its log and its clocks, as the API lists them.
async fn logs(client: &mut ComplaintServiceClient<Channel>) -> Vec<Value> {
    let (mut logs, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListComplaintsRequest {
            page_size: 500,
            page_token,
            ..Default::default()
        };
        let page = client.list_complaints(request).await.unwrap().into_inner();
        for complaint in page.complaints {
            logs.push(log(client, complaint.name).await);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return logs;
        }
    }
}

async fn log(client: &mut ComplaintServiceClient<Channel>, name: String) -> Value {
    let events = client.list_events(v1::ListEventsRequest {
        parent: name.clone(),
        page_size: 1_000,
        ..Default::default()
    });
    let events = events.await.unwrap().into_inner();
    assert_eq!(events.next_page_token, "", "the whole log");
    let clocks = client.list_clocks(v1::ListClocksRequest {
        parent: name.clone(),
        page_size: 1_000,
        ..Default::default()
    });
    let clocks = clocks.await.unwrap().into_inner();
    assert_eq!(clocks.next_page_token, "", "all clocks");
    let event = |event: v1::Event| {
        let payload = event.record.unwrap().payload;
        json!({
            "at": event.event_time.map(micros),
            "payload": String::from_utf8(payload).unwrap(),
        })
    };
    let clock = |clock: v1::Clock| {
        let state = clock
            .state()
            .as_str_name()
            .trim_start_matches("CLOCK_STATE_");
        json!({
            "state": state.to_lowercase(),
            "breached": clock.breach_time.is_some(),
            "due": clock.due_time.map(micros),
            "policy": clock.policy,
            "clock": clock.clock,
        })
    };
    json!({
        "name": name,
        "events": events.events.into_iter().map(event).collect::<Vec<_>>(),
        "clocks": clocks.clocks.into_iter().map(clock).collect::<Vec<_>>(),
    })
}

fn told(answer: &v1::Figures) -> Value {
    let dimension = |number: i32| {
        let dimension = v1::FigureDimension::try_from(number).unwrap();
        named(dimension.as_str_name(), "FIGURE_DIMENSION_")
    };
    let measure = |number: i32| {
        let measure = v1::FigureMeasure::try_from(number).unwrap();
        named(measure.as_str_name(), "FIGURE_MEASURE_")
    };
    let figures = |cell: &v1::FigureCell| {
        let figures = cell.figures.iter();
        let figures = figures.map(|figure| (measure(figure.measure), json!(figure.value)));
        Value::Object(figures.collect())
    };
    let only = answer.only.iter();
    json!({
        "from": micros(answer.from_time.unwrap()),
        "to": micros(answer.to_time.unwrap()),
        "time_zone": answer.time_zone,
        "by": answer.by.iter().map(|number| dimension(*number)).collect::<Vec<_>>(),
        "only": only.map(|it| (dimension(it.dimension), it.value.clone())).collect::<Vec<_>>(),
        "measures": answer.definitions.iter().map(|it| measure(it.measure)).collect::<Vec<_>>(),
        "cells": answer.cells.iter().map(|cell| json!({ "key": cell.key, "figures": figures(cell) })).collect::<Vec<_>>(),
        "total": figures(answer.total.as_ref().unwrap()),
    })
}

fn micros(at: prost_types::Timestamp) -> i64 {
    Timestamp::new(at.seconds, at.nanos)
        .unwrap()
        .as_microsecond()
}
