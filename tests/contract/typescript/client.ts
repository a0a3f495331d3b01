// A client in TypeScript, made from the proto files alone: files a complaint, acts on it, watches, and reads typed events.
// Takes the service's URL. No text of an answer is parsed.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { argv } from "node:process";

import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Client } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { Role } from "./gen/redress/v1/clock_pb.js";
import {
  Channel,
  CustomerType,
  Direction,
  IssueCategory,
  Language,
  ServiceKind,
  State,
  type Complaint,
} from "./gen/redress/v1/complaint_pb.js";
import { EventKind, type Event } from "./gen/redress/v1/event_pb.js";
import { NoticeKind } from "./gen/redress/v1/notice_pb.js";
import { ComplaintService } from "./gen/redress/v1/service_pb.js";

type Service = Client<typeof ComplaintService>;

const A_WEEK = 7 * 24 * 60 * 60 * 1000;
const actor = "typescript-client";

function file(service: Service): Promise<Complaint> {
  return service.fileComplaint({
    actor,
    requestId: randomUUID(),
    channel: Channel.FORM,
    customer: { fullName: "Sample Customer" },
    customerType: CustomerType.CONSUMER,
    language: Language.ENGLISH,
    issues: [
      {
        service: ServiceKind.WIRELESS,
        category: IssueCategory.BILLING,
        description: "Charged twice.",
      },
    ],
    caseReferences: ["CRM-7"],
    receivedTime: timestampFromMs(Date.now() - A_WEEK),
  });
}

/** Reads events until the complaint's first breach, which comes by itself. */
async function breachOf(service: Service, name: string): Promise<Event> {
  const kinds = [EventKind.BREACHED];
  const stream = service.watchEvents({ fromBeginning: true, kinds }, { timeoutMs: 60_000 });
  let messages = 0;
  for await (const { position, event } of stream) {
    assert.notEqual(position, "");
    // The first message tells where the stream begins, and nothing else.
    messages += 1;
    assert(messages > 1 || event === undefined);
    if (event?.complaint === name) return event;
  }
  throw new Error("the stream ended without a breach");
}

/** What each event says, told apart by its kind alone. */
function inWords({ fact, complaintAfter }: Event): string {
  const state = State[complaintAfter!.state];
  switch (fact.case) {
    case "filed":
      return `filed by ${Channel[fact.value.channel]}, ${state}`;
    case "breached":
      return `${fact.value.clock} was due ${timestampDate(fact.value.dueTime!).toISOString()}, for the ${Role[fact.value.role]}`;
    case "acknowledged":
      return `promised by ${timestampDate(fact.value.promisedTime!).toISOString()}, ${state}`;
    case "noticeIssued":
      return `told ${NoticeKind[fact.value.kind]}`;
    case "contactRecorded":
      return `contact ${Direction[fact.value.direction]}`;
    case undefined:
      throw new Error("an event without a fact");
    default:
      return fact.case;
  }
}

const service = createClient(ComplaintService, createGrpcTransport({ baseUrl: argv[2]! }));
const complaint = await file(service);

const breach = await breachOf(service, complaint.name);
assert(breach.fact.case === "breached" && breach.clockStep !== undefined);
assert.equal(breach.clockStep.clock, breach.fact.value.clock);
assert.equal(breach.text, "");
const after = breach.complaintAfter!;
assert.deepEqual(after.caseReferences, ["CRM-7"]);

const { name } = complaint;
const acknowledged = await service.acknowledgeComplaint({ name, etag: after.etag, actor });
assert.equal(acknowledged.state, State.IN_REVIEW);
const outdated = service.assignComplaint({ name, etag: after.etag, actor, assignee: "eve" });
await assert.rejects(outdated, (error) => ConnectError.from(error).code === Code.Aborted);
await service.recordContact({
  name,
  actor,
  channel: Channel.PHONE,
  direction: Direction.TO_CUSTOMER,
  summary: "Called back.",
});

const { events } = await service.listEvents({ parent: name, includeText: true });
const last = events.at(-1)!;
assert.equal(last.kind, EventKind.CONTACT_RECORDED);
assert.equal(last.text, "Called back.");
assert.deepEqual(await service.getEvent({ name: last.name, includeText: true }), last);
for (const event of events) assert.notEqual(inWords(event), "");

const issued = events.find(({ fact }) => fact.case === "noticeIssued")!;
assert(issued.fact.case === "noticeIssued");
const notice = await service.getNotice({ name: issued.fact.value.notice });
assert.equal(notice.kind, NoticeKind.ACKNOWLEDGEMENT);
assert.equal(notice.event, issued.name);
console.log(`TypeScript: ${after.trackingNumber}, ${events.length} events`);
