// The desk of a CRM, made from the proto files alone: a worklist, a customer's history and a board of the queues, drawn in the
// terminal with one call each. Takes the service's URL.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { argv } from "node:process";

import { timestampDate, timestampFromMs, type Duration, type Timestamp } from "@bufbuild/protobuf/wkt";
import { createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import {
  Channel,
  ClosureReason,
  CustomerType,
  IssueCategory,
  ServiceKind,
  State,
  type Complaint,
} from "./gen/redress/v1/complaint_pb.js";
import { SearchField } from "./gen/redress/v1/search_pb.js";
import { ComplaintService } from "./gen/redress/v1/service_pb.js";
import { CountGroup, WorklistFlagKind, type CountCell } from "./gen/redress/v1/worklist_pb.js";

type Service = Client<typeof ComplaintService>;
type Row = string[];

const ZONE = "America/Toronto";
const WIDTH = 80;
const A_WEEK = 7 * 24 * 60 * 60 * 1000;
const actor = "typescript-desk";

// --- what is drawn ----------------------------------------------------------------------------------------------------

// Swedes write 2026-12-01 12:33.
const dates = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, dateStyle: "short", timeStyle: "short" });

function date(at: Timestamp | undefined): string {
  return at === undefined ? "-" : dates.format(timestampDate(at));
}

/** The name of an enum's value as people read it. */
function word(name: string | undefined): string {
  return (name ?? "?").toLowerCase().replaceAll("_", " ");
}

/** A length of time in its two largest units. */
function length({ seconds }: Duration): string {
  const minutes = Number(seconds) / 60;
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return days > 0 ? `${days} d ${hours} h` : `${hours} h ${Math.floor(minutes) % 60} min`;
}

/** A text that takes no more room than this. */
function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

/** Lines of columns that are as wide as their widest cell. */
function table(title: string, header: Row, rows: Row[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
  return [`-- ${title} (${ZONE})`, ...lines];
}

// --- the views --------------------------------------------------------------------------------------------------------

/** A letter for each flag: may be escalated, not delivered, referred to the independent body. */
const FLAGS: Record<WorklistFlagKind, string> = {
  [WorklistFlagKind.UNSPECIFIED]: "?",
  [WorklistFlagKind.ESCALATION_ELIGIBLE]: "E",
  [WorklistFlagKind.UNDELIVERED]: "U",
  [WorklistFlagKind.REFERRED]: "R",
};

/** What has to be acted on, the most urgent first. */
async function worklist(service: Service): Promise<string[]> {
  const { complaints, entries } = await service.listComplaints({ orderBy: "due_time" });
  const rows = complaints.map((complaint, place): Row => {
    const entry = entries[place]!;
    assert.equal(entry.complaint, complaint.name);
    const next = entry.nextPromise;
    return [
      complaint.trackingNumber,
      cut(next?.clock.replaceAll("_", " ") ?? "-", 24),
      next?.overdueBy ? `${length(next.overdueBy)} late` : date(next?.dueTime),
      cut(complaint.assignee || "-", 12),
      entry.flags.map(({ kind }) => FLAGS[kind]).join(""),
    ];
  });
  return table("worklist", ["complaint", "next promise", "due", "with", "flags"], rows);
}

/** Every complaint of the customer of one complaint, the newest first. */
async function history(service: Service, customerOf: string): Promise<string[]> {
  const { complaints, matches } = await service.searchComplaints({ customerOf });
  const rows = complaints.map((complaint, place): Row => [
    complaint.trackingNumber,
    date(complaint.receivedTime),
    complaint.closedTime === undefined
      ? word(State[complaint.state])
      : `closed: ${word(ClosureReason[complaint.closureReason])}`,
    matches[place]!.fields.map((field) => word(SearchField[field])).join(", "),
  ]);
  return table("customer", ["complaint", "received", "state", "same"], rows);
}

/** How much is in every queue, and how urgent it is. */
async function board(service: Service): Promise<string[]> {
  const { counts } = await service.countComplaints({ groupBy: CountGroup.QUEUE, timeZone: ZONE });
  const cell = (cell: CountCell | undefined) => `${cell?.count ?? 0}${cell?.more ? "+" : ""}`;
  const rows = counts.map((count): Row => [
    cut(count.group || "(nobody)", 30),
    cell(count.open),
    cell(count.overdue),
    cell(count.dueWithinHour),
    cell(count.dueToday),
    cell(count.dueTomorrow),
  ]);
  return table("queues", ["queue", "open", "overdue", "in an hour", "today", "tomorrow"], rows);
}

// --- a day at the desk ------------------------------------------------------------------------------------------------

let calls = 0;
const counting: Interceptor = (next) => (request) => {
  calls += 1;
  return next(request);
};

/** Draws a view, which may take one call and fits a terminal. */
async function draw(view: () => Promise<string[]>): Promise<string[]> {
  const before = calls;
  const lines = await view();
  assert.equal(calls - before, 1, "one call a view");
  console.log(lines.join("\n"));
  for (const line of lines) assert(line.length <= WIDTH, line);
  return lines;
}

function lineOf(lines: string[], start: string): string {
  const line = lines.find((line) => line.startsWith(start));
  assert(line !== undefined, `${start} is missing:\n${lines.join("\n")}`);
  return line;
}

function file(service: Service, phone: string, assignee: string, ago: number): Promise<Complaint> {
  return service.fileComplaint({
    actor,
    requestId: randomUUID(),
    channel: Channel.PHONE,
    customer: { fullName: "Sample Customer", phone },
    customerType: CustomerType.CONSUMER,
    issues: [
      { service: ServiceKind.INTERNET, category: IssueCategory.BILLING, description: "Charged twice." },
    ],
    receivedTime: timestampFromMs(Date.now() - ago),
    assignee,
  });
}

const transport = createGrpcTransport({ baseUrl: argv[2]!, interceptors: [counting] });
const service = createClient(ComplaintService, transport);
const late = await file(service, "+1 514 555 0142", "desk-north", A_WEEK);
const settled = await file(service, "(514) 555-0142", "desk-north", 0);
const other = await file(service, "+1 514 555 0143", "desk-south", 0);
const { name } = settled;
await service.resolveAtFirstContact({ name, actor, message: "The second charge is taken back." });

const tasks = await draw(() => worklist(service));
assert.match(lineOf(tasks, late.trackingNumber), /acknowledgement +\d+ d \d+ h late +desk-north +E/);
const place = (complaint: Complaint) => tasks.indexOf(lineOf(tasks, complaint.trackingNumber));
assert(place(late) < place(other), "what is late comes first");
assert(!tasks.some((line) => line.startsWith(settled.trackingNumber)), "what is over is no task");

const customer = await draw(() => history(service, late.name));
assert.equal(customer.length, 4, "a title, a header, and the customer's two complaints");
assert.match(lineOf(customer, late.trackingNumber), /received +phone/);
assert.match(lineOf(customer, settled.trackingNumber), /closed: first contact +phone/);

const queues = await draw(() => board(service));
assert.match(lineOf(queues, "desk-north"), /^desk-north +1 +1 +0 /);
assert.match(lineOf(queues, "desk-south"), /^desk-south +1 +0 /);
