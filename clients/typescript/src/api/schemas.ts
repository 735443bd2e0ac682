// Generated from openapi.json and asyncapi.json by scripts/generate.mjs; not edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Adds a member. */
        AddMemberBody: {
            role?: null | components["schemas"]["Role"];
            user: string;
        };
        Alive: {
            status: string;
        };
        /**
         * auth, from the client
         * @description Replaces the token of the open socket; the user must be the same.
         */
        AuthRequest: {
            id?: components["schemas"]["RequestId"];
            token: string;
            /** @enum {string} */
            type: "auth";
        };
        /** @description How long the new token lasts. */
        AuthResult: {
            /** @description When the token expires. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description What happened. `by` is the user or service that caused it. */
        Change: {
            /** @description Who made it. */
            by: string;
            thread: components["schemas"]["CreatedThread"];
            /** @enum {string} */
            type: "thread_created";
        } | {
            at: components["schemas"]["Time"];
            /** @description Who changed it. */
            by: string;
            /** @description The new metadata. */
            metadata?: Record<string, unknown>;
            /** @description The new title; null if it was removed or erased. */
            title?: string | null;
            /** @enum {string} */
            type: "thread_changed";
        } | {
            archived_at: components["schemas"]["Time"];
            /** @description Who archived it. */
            by: string;
            /** @enum {string} */
            type: "thread_archived";
        } | {
            at: components["schemas"]["Time"];
            /** @description Who added them. */
            by: string;
            role: components["schemas"]["Role"];
            /** @enum {string} */
            type: "member_added";
            user: string;
        } | {
            at: components["schemas"]["Time"];
            /** @description Who removed them. */
            by: string;
            /** @enum {string} */
            type: "member_removed";
            user: string;
        } | {
            at: components["schemas"]["Time"];
            /** @description Who changed it. */
            by: string;
            role: components["schemas"]["Role"];
            /** @enum {string} */
            type: "member_role_changed";
            user: string;
        } | {
            message: components["schemas"]["Message"];
            /** @enum {string} */
            type: "message_posted";
        } | {
            /** @description Who edited it. */
            by: string;
            /** @description The new text; empty if erased or superseded. */
            content: string;
            edited_at: components["schemas"]["Time"];
            /** @description Whether the author's key was destroyed, so that the text is erased for good; absent if not. */
            erased?: boolean;
            /** Format: uuid */
            message: string;
            /** @description The new metadata; absent if it stayed. */
            metadata?: Record<string, unknown>;
            /** Format: int64 */
            number: number;
            /** @description Whether a later event replaced or deleted the content, which is left out here; absent if not. */
            superseded?: boolean;
            /** @enum {string} */
            type: "message_edited";
        } | {
            /** @description Who deleted it. */
            by: string;
            deleted_at: components["schemas"]["Time"];
            /** Format: uuid */
            message: string;
            /** Format: int64 */
            number: number;
            /** @enum {string} */
            type: "message_deleted";
        };
        /** @description Changes a member's role. */
        ChangeRoleBody: {
            role: components["schemas"]["Role"];
        };
        /** @description Changes a thread; a part that is absent stays. */
        ChangeThreadBody: {
            /** @description The new metadata, which replaces all of the old. */
            metadata?: Record<string, unknown> | null;
            /** @description The new title; null removes it. */
            title?: string | null;
        };
        /** @description A request of a client. Every request may also have an `id`. */
        ClientFrame: components["schemas"]["HelloRequest"] | components["schemas"]["SendRequest"] | components["schemas"]["EditRequest"] | components["schemas"]["DeleteRequest"] | components["schemas"]["ReadRequest"] | components["schemas"]["TypingRequest"] | components["schemas"]["PresenceRequest"] | components["schemas"]["AuthRequest"] | components["schemas"]["PingRequest"];
        /** @description Creates a thread. */
        CreateThreadBody: {
            /** @description What the thread is for, such as `project_305`; only one thread has a key. */
            key?: string | null;
            kind: components["schemas"]["ThreadKind"];
            /** @description Data of the product, up to 8,192 bytes as JSON. */
            metadata?: Record<string, unknown> | null;
            /** @description The people in it; the creator need not be named. */
            participants: string[];
            title?: string | null;
        };
        /** @description A thread at its creation. */
        CreatedThread: {
            /** @description When it was created. */
            created_at: components["schemas"]["Time"];
            /** Format: uuid */
            id: string;
            /** @description The key: what the thread is for, such as `project_305`. */
            key: string | null;
            kind: components["schemas"]["ThreadKind"];
            /** @description Everyone in it, the creator first. */
            members: components["schemas"]["NewMember"][];
            /** @description Data of the product. */
            metadata: Record<string, unknown>;
            /** @description The title; null if there is none or it was erased. */
            title: string | null;
        };
        /**
         * delete, from the client
         * @description Deletes a message; its tombstone stays.
         */
        DeleteRequest: {
            id?: components["schemas"]["RequestId"];
            /** Format: uuid */
            message: string;
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "delete";
        };
        /** @description An empty result. */
        DoneResult: Record<string, unknown>;
        /**
         * drain, from the edge
         * @description The edge goes away: the client reconnects at a random moment within this time.
         */
        DrainFrame: {
            /** Format: int64 */
            reconnect_within_ms: number;
            /** @enum {string} */
            type: "drain";
        };
        /** @description Replaces a message's content. */
        EditMessageBody: {
            /** @description The new text. */
            content: string;
            /** @description The new metadata; the old stays if absent. */
            metadata?: Record<string, unknown> | null;
        };
        /**
         * edit, from the client
         * @description Replaces a message's content.
         */
        EditRequest: {
            /** @description The new text. */
            content: string;
            id?: components["schemas"]["RequestId"];
            /** Format: uuid */
            message: string;
            /** @description The new metadata; the old stays if absent. */
            metadata?: Record<string, unknown> | null;
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "edit";
        };
        /** @description The error that error frames and problem documents share. */
        ErrorBody: {
            /** @description The machine-readable code, such as `not_a_member`. */
            code: components["schemas"]["ErrorCode"];
            /** @description What is wrong in this request. */
            detail: string;
            /** @description The field at fault, dotted, such as `message.content`. */
            field: string | null;
            /**
             * Format: int64
             * @description How long to wait before a retry.
             */
            retry_after_ms: number | null;
            /** @description Whether the same request may succeed later. */
            retryable: boolean;
            /** @description What the code means. */
            title: string;
        };
        /**
         * @description The sort of error, for programs. More may come: treat one you do not know by `retryable`.
         * @enum {string}
         */
        ErrorCode: "invalid_field" | "unknown_type" | "unauthenticated" | "forbidden" | "unknown_thread" | "not_a_member" | "unknown_member" | "unknown_user" | "unknown_message" | "ambiguous_message" | "message_deleted" | "message_conflict" | "key_taken" | "thread_archived" | "dm_fixed" | "last_owner" | "bad_cursor" | "rate_limited" | "unsupported" | "unavailable" | "timeout" | "projections_behind" | "not_found" | "method_not_allowed" | "too_large" | "unsupported_media_type" | "internal";
        /**
         * error, from the edge
         * @description Answers a request that failed.
         */
        ErrorFrame: {
            error: components["schemas"]["ErrorBody"];
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @enum {string} */
            type: "error";
        };
        /** @description An event of a thread. */
        Event: {
            event: components["schemas"]["Change"];
            /** @description Its position in the log, such as `messages:3:1234`. */
            position: string;
            /**
             * Format: int64
             * @description Its number in the thread: 1, 2, 3 … without gaps.
             */
            seq: number;
            /** Format: uuid */
            thread: string;
        };
        /**
         * event, from the edge
         * @description An event in a thread. Events of one thread come in the order of `seq`, without gaps.
         */
        EventFrame: components["schemas"]["Event"] & {
            /** @enum {string} */
            type: "event";
        };
        /** @description A page of a thread's timeline. */
        EventsPage: {
            /** @description The events, in their order. */
            events: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description The `after_seq` of the next page; null on the last.
             */
            next: number | null;
        };
        /**
         * hello, from the client
         * @description Signs in: the first frame, unless the URL has the token.
         */
        HelloRequest: {
            /** @description Where to resume: the cursor of the last frame that had one. */
            cursor?: string | null;
            id?: components["schemas"]["RequestId"];
            token: string;
            /** @enum {string} */
            type: "hello";
        };
        /** @description The limits that a client must keep. */
        Limits: {
            /** @description Characters of a message's content. */
            content_chars_max: number;
            /** @description Bytes of one frame from the client. */
            frame_bytes_max: number;
            /**
             * Format: int32
             * @description Frames a second, on average.
             */
            frames_per_second_max: number;
            /** @description Bytes of a metadata object. */
            metadata_bytes_max: number;
        };
        /** @description Marks a thread as read. */
        MarkReadBody: {
            /**
             * Format: int64
             * @description The number of the last message read; everything if absent.
             */
            number?: number | null;
        };
        /** @description A member of a thread. */
        Member: {
            /**
             * Format: int64
             * @description The number of the thread's last message when this member joined; 0 for those who were there from the start.
             */
            joined_number: number;
            /** @description The display name as last seen. */
            name: string | null;
            /**
             * Format: int64
             * @description The number of the last message read; 0 before the first. Whoever joined later has seen none of the messages up to
             *     `joined_number`.
             */
            read_number: number;
            role: components["schemas"]["Role"];
            user: string;
        };
        /** @description A message as it stands now. */
        Message: {
            /** @description What is attached: nothing yet. */
            attachments: Record<string, unknown>[];
            /** @description The text; empty when deleted, erased or superseded. */
            content: string;
            deleted_at: null | components["schemas"]["Time"];
            /** @description Who deleted it: its sender, or one who may delete others' messages. */
            deleted_by: string | null;
            edited_at: null | components["schemas"]["Time"];
            /**
             * @description Whether the author's key was destroyed, so that the text is erased for good; the message keeps its number.
             *     Absent if not.
             */
            erased?: boolean;
            expires_at: null | components["schemas"]["Time"];
            /**
             * Format: uuid
             * @description Its id, a UUIDv7.
             */
            id: string;
            kind: components["schemas"]["MessageKind"];
            /** @description The product's own data; empty when deleted or erased. */
            metadata: Record<string, unknown>;
            /**
             * Format: int64
             * @description Its number among the thread's messages: 1, 2, 3 … without gaps.
             */
            number: number;
            /** @description Whether it is pinned. */
            pinned: boolean;
            /** @description Who reacted with what. */
            reactions: {
                [key: string]: string[];
            };
            /**
             * Format: uuid
             * @description The message it answers.
             */
            reply_to: string | null;
            /** @description Who posted it. */
            sender: string;
            /** @description When it was posted. */
            sent_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The seq of its posting.
             */
            seq: number;
            /**
             * @description Whether a later event replaced or deleted the content, which is left out here. Absent if not, and on messages as
             *     they are now.
             */
            superseded?: boolean;
            /** Format: uuid */
            thread: string;
        };
        /**
         * @description What sort of message it is.
         * @enum {string}
         */
        MessageKind: "text" | "system" | "payment" | "dispute" | "job_update" | "voice" | "file";
        /** @description A page of a thread's messages. */
        MessagesPage: {
            /** @description The messages, newest first. */
            messages: components["schemas"]["Message"][];
            /**
             * Format: int64
             * @description The number to go on with: as `after` if that was asked for, otherwise as `before`. Null on the last page.
             */
            next: number | null;
        };
        /** @description A member from the creation on. */
        NewMember: {
            role: components["schemas"]["Role"];
            user: string;
        };
        /**
         * ok, from the edge
         * @description Answers a request that succeeded. The event that it caused was sent before.
         */
        OkFrame: {
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            result: components["schemas"]["OkResult"];
            /** @enum {string} */
            type: "ok";
        };
        /**
         * @description The result of a request: `Written` of send, edit and delete, `ReadResult` of read, `AuthResult` of auth,
         *     `DoneResult` of the others.
         */
        OkResult: components["schemas"]["Written"] | components["schemas"]["ReadResult"] | components["schemas"]["AuthResult"] | components["schemas"]["DoneResult"];
        /**
         * @description The user's own presence.
         * @enum {string}
         */
        OwnPresence: "active" | "away";
        /**
         * ping, from the client
         * @description Keeps the connection alive; answered with a cursor.
         */
        PingRequest: {
            id?: components["schemas"]["RequestId"];
            /** @enum {string} */
            type: "ping";
        };
        /**
         * pong, from the edge
         * @description Answers ping, or follows the backlog.
         */
        PongFrame: {
            /** @description Where to resume; everything before it was sent. */
            cursor: string;
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @enum {string} */
            type: "pong";
        };
        /** @description Posts a message. */
        PostMessageBody: {
            /** @description Reserved: absent or empty. */
            attachments?: Record<string, unknown>[] | null;
            content: string;
            /**
             * Format: uuid
             * @description A UUIDv7, the idempotency key; minted if absent.
             */
            id?: string | null;
            kind?: null | components["schemas"]["MessageKind"];
            /** @description Data of the product, up to 8,192 bytes as JSON. */
            metadata?: Record<string, unknown> | null;
            /**
             * Format: uuid
             * @description The message that this one replies to, in the same thread.
             */
            reply_to?: string | null;
        };
        /**
         * presence, from the edge
         * @description Users went online, away or offline. A thread with more than 100 members online sums up: the frame has `thread`
         *     and `online` without users, and comes at most once a second. Users whom the client was told of before are still
         *     named.
         */
        PresenceFrame: {
            /** @description The number of its members who are online. */
            online?: number | null;
            /**
             * Format: uuid
             * @description A large thread.
             */
            thread?: string;
            /** @enum {string} */
            type: "presence";
            /** @description Users whose presence has changed, or who are new to the client. */
            users: components["schemas"]["Present"][];
        };
        /**
         * presence, from the client
         * @description Tells the others the user's presence.
         */
        PresenceRequest: {
            id?: components["schemas"]["RequestId"];
            status: components["schemas"]["OwnPresence"];
            /** @enum {string} */
            type: "presence";
        };
        /**
         * @description A user's presence.
         * @enum {string}
         */
        PresenceStatus: "offline" | "away" | "active";
        /** @description How present a user is. */
        Present: {
            status: components["schemas"]["PresenceStatus"];
            user: string;
        };
        /** @description An error, RFC 9457 `application/problem+json`. */
        Problem: {
            /** @description The sort of error, for programs. */
            code: components["schemas"]["ErrorCode"];
            /** @description What is wrong in this case. */
            detail: string;
            /** @description The field, parameter or header at fault. */
            field?: string;
            /**
             * Format: int64
             * @description How long to wait before.
             */
            retry_after_ms?: number;
            /** @description Whether the same request may succeed later. */
            retryable: boolean;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The sort of error, for people. */
            title: string;
            /**
             * @description Names the sort of error as a URI: `urn:threadline:error:` and the code.
             * @example urn:threadline:error:message_conflict
             */
            type: string;
        };
        /**
         * read, from the edge
         * @description A member has read up to a number.
         */
        ReadFrame: {
            at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The number of the last message read.
             */
            number: number;
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "read";
            user: string;
        };
        /**
         * read, from the client
         * @description Marks a thread as read up to a number.
         */
        ReadRequest: {
            id?: components["schemas"]["RequestId"];
            /**
             * Format: int64
             * @description The number of the last message read.
             */
            number: number;
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "read";
        };
        /** @description The read mark's position. */
        ReadResult: {
            /**
             * @description Pass it in `?at_least=` to read what was written.
             * @example reads:3:1234
             */
            position: string;
        };
        /** @description Whether new clients and requests should come here, and if not, what is wrong. */
        Readiness: {
            /** @description Every part: `ok`, or what is wrong with it. */
            checks: {
                [key: string]: string;
            };
            /** @description Whether every part works. */
            ready: boolean;
        };
        /** @description How far a member has read. */
        Receipt: {
            at: null | components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The number of the thread's last message when this member joined: messages up to it were not seen.
             */
            joined_number: number;
            /**
             * Format: int64
             * @description Up to which number; 0 before the first.
             */
            number: number;
            user: string;
        };
        /** @description Who has read a thread up to where. */
        Receipts: {
            receipts: components["schemas"]["Receipt"][];
        };
        /** @description Stands in the answer as it stood in the request: at most 64 bytes of JSON. */
        RequestId: number | string;
        /**
         * resync, from the edge
         * @description Events were missed and will not be sent: reload these threads.
         */
        ResyncFrame: {
            /** @description The reason, for people. */
            reason: string;
            /** @description The threads to reload; empty means all of them. */
            threads: string[];
            /** @enum {string} */
            type: "resync";
        };
        /**
         * @description What a member may do.
         * @enum {string}
         */
        Role: "owner" | "admin" | "member";
        /** @description A schema, as JSON in a text. */
        SchemaText: {
            schema: string;
        };
        /**
         * send, from the client
         * @description Posts a message. Repeating it with the same id changes nothing.
         */
        SendRequest: {
            id?: components["schemas"]["RequestId"];
            message: components["schemas"]["SentMessage"];
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "send";
        };
        /** @description A message to post. */
        SentMessage: {
            /** @description Reserved: absent or empty. */
            attachments?: Record<string, unknown>[] | null;
            content: string;
            /**
             * Format: uuid
             * @description A UUIDv7, the idempotency key.
             */
            id: string;
            kind?: null | components["schemas"]["MessageKind"];
            /** @description Data of the product, up to 8,192 bytes as JSON. */
            metadata?: Record<string, unknown> | null;
            /**
             * Format: uuid
             * @description The message that this one replies to, in the same thread.
             */
            reply_to?: string | null;
        };
        /** @description A frame from the edge. */
        ServerFrame: components["schemas"]["WelcomeFrame"] | components["schemas"]["OkFrame"] | components["schemas"]["ErrorFrame"] | components["schemas"]["EventFrame"] | components["schemas"]["ReadFrame"] | components["schemas"]["TypingFrame"] | components["schemas"]["PresenceFrame"] | components["schemas"]["PongFrame"] | components["schemas"]["ResyncFrame"] | components["schemas"]["TokenExpiringFrame"] | components["schemas"]["DrainFrame"];
        /** @description Asks for a development token. */
        SignInBody: {
            /** @description The display name; others see the user id when absent. */
            name?: string | null;
            /**
             * Format: int64
             * @description How long the token shall be good for, seconds; an hour when absent.
             */
            ttl_s?: number | null;
            user: string;
        };
        /** @description A token, and whom it names. */
        SignedIn: {
            /** @description When the token ends. */
            expires_at: components["schemas"]["Time"];
            /** @description The display name. */
            name: string | null;
            token: string;
            user: string;
        };
        /** @description A version of a subject. */
        SubjectVersion: {
            /** Format: int32 */
            id: number;
            schema: string;
            subject: string;
            /** Format: int32 */
            version: number;
        };
        /** @description A thread as one of its members sees it. */
        Thread: {
            archived_at: null | components["schemas"]["Time"];
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /** Format: uuid */
            id: string;
            /** @description What it is for, such as `project_305`. */
            key: string | null;
            kind: components["schemas"]["ThreadKind"];
            last_message: null | components["schemas"]["Message"];
            /**
             * Format: int64
             * @description The number of its last message.
             */
            last_number: number;
            /**
             * Format: int64
             * @description The seq of its last event.
             */
            last_seq: number;
            /**
             * Format: int64
             * @description How many members it has.
             */
            member_count: number;
            /** @description Its members, by user id; in lists only the first few. */
            members: components["schemas"]["Member"][];
            /** @description The product's own data. */
            metadata: Record<string, unknown>;
            title: string | null;
            /**
             * Format: int64
             * @description Messages the viewer has not read, deleted ones not counted.
             */
            unread: number;
        };
        /**
         * @description What sort of conversation a thread is.
         * @enum {string}
         */
        ThreadKind: "dm" | "group" | "channel";
        /** @description A page of threads. */
        ThreadsPage: {
            /** @description The `cursor` of the next page; null on the last. */
            next: string | null;
            /** @description The threads, latest activity first. Of their members only the first few. */
            threads: components["schemas"]["Thread"][];
        };
        /**
         * Format: date-time
         * @description A time that is written as RFC 3339, UTC, milliseconds: `2026-01-31T12:00:00.000Z`.
         */
        Time: string;
        /**
         * token_expiring, from the edge
         * @description The token ends soon; a new one can be sent with auth.
         */
        TokenExpiringFrame: {
            /** @description When it ends. */
            at: components["schemas"]["Time"];
            /** @enum {string} */
            type: "token_expiring";
        };
        /**
         * @description Whether typing starts or ends.
         * @enum {string}
         */
        Typing: "start" | "stop";
        /**
         * typing, from the edge
         * @description A user types, or stopped. A thread with more than 100 members online sums up: the frame has `count` in place of
         *     `user` and `status`, and comes at most once a second.
         */
        TypingFrame: {
            /** @description The number of users who type in a large thread. */
            count?: number | null;
            /** @description Whether typing starts. */
            status?: components["schemas"]["Typing"];
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "typing";
            user?: string;
        };
        /**
         * typing, from the client
         * @description Tells the others that the user types. Without a further start it ends by itself after 5 s.
         */
        TypingRequest: {
            id?: components["schemas"]["RequestId"];
            status: components["schemas"]["Typing"];
            /** Format: uuid */
            thread: string;
            /** @enum {string} */
            type: "typing";
        };
        /** @description How much a user has not read. */
        Unread: {
            /** @description By thread; threads with nothing unread are left out. */
            threads: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description In all threads.
             */
            total: number;
        };
        /** @description A user who has signed in here. */
        User: {
            /** @description The display name as last seen; null if no token had one. */
            name: string | null;
            /** @description The user's id. */
            user: string;
        };
        /**
         * welcome, from the edge
         * @description Answers hello. Events follow from the cursor on.
         */
        WelcomeFrame: {
            /** @description Where to resume. */
            cursor: string;
            /**
             * Format: int64
             * @description Send a frame at least this often, such as a ping; otherwise the edge closes the connection (4003).
             */
            heartbeat_ms: number;
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @description The limits that the client must keep. */
            limits: components["schemas"]["Limits"];
            /** @description Whether everything since the hello's cursor follows. If not, reload. */
            recovered: boolean;
            /** @description The time of the edge. */
            time: components["schemas"]["Time"];
            /** @enum {string} */
            type: "welcome";
            /** @description The user of the token. */
            user: string;
        };
        /** @description What a write led to: the `result` of an `ok` frame. */
        Written: {
            /** @description The time of the event. */
            at: components["schemas"]["Time"];
            /**
             * Format: uuid
             * @description The message concerned, if any.
             */
            message?: string;
            /**
             * Format: int64
             * @description That message's number.
             */
            number?: number;
            /** @description Where the event lies in the log; null when it was done before and the place is not at hand. */
            position: string | null;
            /** @description When the message was posted; for posts only. */
            sent_at?: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description The seq of the event.
             */
            seq: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
