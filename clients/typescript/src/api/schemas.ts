// Generated from openapi.json and asyncapi.json by scripts/generate.mjs; not edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Takes in a member. */
        AddMemberBody: {
            role?: null | components["schemas"]["Role"];
            /** @description Who. */
            user: string;
        };
        Alive: {
            status: string;
        };
        /**
         * auth, from the client
         * @description A new token of the same user for the open socket.
         */
        AuthRequest: {
            id?: components["schemas"]["RequestId"];
            /** @description The token. */
            token: string;
            /** @enum {string} */
            type: "auth";
        };
        /** @description How long the session may go on with its new token. */
        AuthResult: {
            /** @description When the token ends. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description What happened. `by` is who caused it. */
        Change: {
            /** @description Who made it. */
            by: string;
            /** @description The thread. */
            thread: components["schemas"]["CreatedThread"];
            /** @enum {string} */
            type: "thread_created";
        } | {
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description Who changed it. */
            by: string;
            /** @description The new metadata. */
            metadata?: Record<string, unknown>;
            /** @description The new title; null takes it away, or says that it was erased. */
            title?: string | null;
            /** @enum {string} */
            type: "thread_changed";
        } | {
            /** @description When. */
            archived_at: components["schemas"]["Time"];
            /** @description Who archived it. */
            by: string;
            /** @enum {string} */
            type: "thread_archived";
        } | {
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description Who added them. */
            by: string;
            /** @description As what. */
            role: components["schemas"]["Role"];
            /** @enum {string} */
            type: "member_added";
            /** @description Who. */
            user: string;
        } | {
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description Who removed them. */
            by: string;
            /** @enum {string} */
            type: "member_removed";
            /** @description Who. */
            user: string;
        } | {
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description Who changed it. */
            by: string;
            /** @description To which. */
            role: components["schemas"]["Role"];
            /** @enum {string} */
            type: "member_role_changed";
            /** @description Whose. */
            user: string;
        } | {
            /** @description The message. */
            message: components["schemas"]["Message"];
            /** @enum {string} */
            type: "message_posted";
        } | {
            /** @description Who edited it. */
            by: string;
            /** @description The new text; empty when erased or superseded. */
            content: string;
            /** @description When. */
            edited_at: components["schemas"]["Time"];
            /** @description Whether what its author typed was erased for ever; absent when it was not. */
            erased?: boolean;
            /**
             * Format: uuid
             * @description Which.
             */
            message: string;
            /** @description The new metadata; absent when it stayed. */
            metadata?: Record<string, unknown>;
            /**
             * Format: int64
             * @description Its number.
             */
            number: number;
            /** @description Whether a later event replaced or deleted the content, which is left out here; absent when none did. */
            superseded?: boolean;
            /** @enum {string} */
            type: "message_edited";
        } | {
            /** @description Who deleted it. */
            by: string;
            /** @description When. */
            deleted_at: components["schemas"]["Time"];
            /**
             * Format: uuid
             * @description Which.
             */
            message: string;
            /**
             * Format: int64
             * @description Its number.
             */
            number: number;
            /** @enum {string} */
            type: "message_deleted";
        };
        /** @description Gives a member another role. */
        ChangeRoleBody: {
            /** @description Which. */
            role: components["schemas"]["Role"];
        };
        /** @description Changes a thread; what is absent stays as it is. */
        ChangeThreadBody: {
            /** @description The new metadata, replacing all of the old. */
            metadata?: Record<string, unknown> | null;
            /** @description The new title; null takes it away. */
            title?: string | null;
        };
        /** @description What a client asks for. The `id` that every request may have stands in none of them. */
        ClientFrame: components["schemas"]["HelloRequest"] | components["schemas"]["SendRequest"] | components["schemas"]["EditRequest"] | components["schemas"]["DeleteRequest"] | components["schemas"]["ReadRequest"] | components["schemas"]["TypingRequest"] | components["schemas"]["PresenceRequest"] | components["schemas"]["AuthRequest"] | components["schemas"]["PingRequest"];
        /** @description Makes a thread. */
        CreateThreadBody: {
            /** @description What it is for, such as `project_305`: there is one thread with a key. */
            key?: string | null;
            /** @description What sort. */
            kind: components["schemas"]["ThreadKind"];
            /** @description The product's own data. */
            metadata?: Record<string, unknown> | null;
            /** @description The people in it; the creator need not be named. */
            participants: string[];
            /** @description Its title. */
            title?: string | null;
        };
        /** @description A thread as it was made. */
        CreatedThread: {
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What it is for. */
            key: string | null;
            /** @description What sort. */
            kind: components["schemas"]["ThreadKind"];
            /** @description Everyone in it, the person who made it first. */
            members: components["schemas"]["NewMember"][];
            /** @description The product's own data. */
            metadata: Record<string, unknown>;
            /** @description Its title; null when there is none, or it was erased. */
            title: string | null;
        };
        /**
         * delete, from the client
         * @description Deletes a message; its tombstone stays.
         */
        DeleteRequest: {
            id?: components["schemas"]["RequestId"];
            /**
             * Format: uuid
             * @description Which.
             */
            message: string;
            /**
             * Format: uuid
             * @description Where.
             */
            thread: string;
            /** @enum {string} */
            type: "delete";
        };
        /** @description Nothing. */
        DoneResult: Record<string, unknown>;
        /**
         * drain, from the edge
         * @description The edge goes away: the client reconnects at a random moment within this time.
         */
        DrainFrame: {
            /**
             * Format: int64
             * @description Milliseconds.
             */
            reconnect_within_ms: number;
            /** @enum {string} */
            type: "drain";
        };
        /** @description Replaces a message's content. */
        EditMessageBody: {
            /** @description The new text. */
            content: string;
            /** @description The new metadata; absent: the old stays. */
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
            /**
             * Format: uuid
             * @description Which.
             */
            message: string;
            /** @description The new metadata; absent: the old stays. */
            metadata?: Record<string, unknown> | null;
            /**
             * Format: uuid
             * @description Where.
             */
            thread: string;
            /** @enum {string} */
            type: "edit";
        };
        /** @description What an error frame and a problem document have in common. */
        ErrorBody: {
            /** @description The machine-readable code, such as `not_a_member`. */
            code: components["schemas"]["ErrorCode"];
            /** @description What is wrong here. */
            detail: string;
            /** @description The field at fault, dotted, such as `message.content`. */
            field: string | null;
            /**
             * Format: int64
             * @description How long to wait before that.
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
         * @description Answers a request that was not done.
         */
        ErrorFrame: {
            /** @description Why. */
            error: components["schemas"]["ErrorBody"];
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @enum {string} */
            type: "error";
        };
        /** @description Something that happened in a thread. */
        Event: {
            /** @description What happened. */
            event: components["schemas"]["Change"];
            /** @description Its place in the log, such as `messages:3:1234`. */
            position: string;
            /**
             * Format: int64
             * @description Its place in the thread: 1, 2, 3 … without holes.
             */
            seq: number;
            /**
             * Format: uuid
             * @description The thread.
             */
            thread: string;
        };
        /**
         * event, from the edge
         * @description Something happened in a thread; those of one thread come in the order of `seq`, without holes.
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
         * @description Says who it is: the first frame, unless the address did.
         */
        HelloRequest: {
            /** @description Where to resume: the cursor of the last frame that had one. */
            cursor?: string | null;
            id?: components["schemas"]["RequestId"];
            /** @description Who it is. */
            token: string;
            /** @enum {string} */
            type: "hello";
        };
        /** @description What a client has to keep to, told at the start. */
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
             * @description Up to which message; absent: everything.
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
            /** @description As what. */
            role: components["schemas"]["Role"];
            /** @description Who. */
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
            /** @description Whether what its author typed was erased for ever; the message keeps its place. Absent when it was not. */
            erased?: boolean;
            expires_at: null | components["schemas"]["Time"];
            /**
             * Format: uuid
             * @description Its id, a UUIDv7.
             */
            id: string;
            /** @description What sort. */
            kind: components["schemas"]["MessageKind"];
            /** @description The product's own data; empty when deleted or erased. */
            metadata: Record<string, unknown>;
            /**
             * Format: int64
             * @description Its place among the thread's messages: 1, 2, 3 … without holes.
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
             * @description Whether a later event replaced or deleted the content, which is left out here. Absent when none did, and on messages as
             *     they are now.
             */
            superseded?: boolean;
            /**
             * Format: uuid
             * @description Its thread.
             */
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
        /** @description Someone who is in a thread from its creation. */
        NewMember: {
            /** @description As what. */
            role: components["schemas"]["Role"];
            /** @description Who. */
            user: string;
        };
        /**
         * ok, from the edge
         * @description Answers a request that was done. An event that came of it was sent before.
         */
        OkFrame: {
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @description What came of it. */
            result: components["schemas"]["OkResult"];
            /** @enum {string} */
            type: "ok";
        };
        /**
         * @description The result of a request that was done: `Written` of send, edit and delete, `ReadResult` of read, `AuthResult` of auth,
         *     `DoneResult` of the others.
         */
        OkResult: components["schemas"]["Written"] | components["schemas"]["ReadResult"] | components["schemas"]["AuthResult"] | components["schemas"]["DoneResult"];
        /**
         * @description What one can say of oneself.
         * @enum {string}
         */
        OwnPresence: "active" | "away";
        /**
         * ping, from the client
         * @description Shows that the client is there; brings a cursor.
         */
        PingRequest: {
            id?: components["schemas"]["RequestId"];
            /** @enum {string} */
            type: "ping";
        };
        /**
         * pong, from the edge
         * @description Answers ping, or stands behind what was missed.
         */
        PongFrame: {
            /** @description Where to resume: everything before was sent. */
            cursor: string;
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @enum {string} */
            type: "pong";
        };
        /** @description Posts a message. */
        PostMessageBody: {
            /** @description None can be attached yet: absent or empty. */
            attachments?: Record<string, unknown>[] | null;
            /** @description The text. */
            content: string;
            /**
             * Format: uuid
             * @description A UUIDv7, the idempotency key; minted when absent.
             */
            id?: string | null;
            kind?: null | components["schemas"]["MessageKind"];
            /** @description The product's own data. */
            metadata?: Record<string, unknown> | null;
            /**
             * Format: uuid
             * @description The message it answers.
             */
            reply_to?: string | null;
        };
        /**
         * presence, from the edge
         * @description Users came, went or looked away. A thread with more than 100 members online sums up: the frame has `thread` and
         *     `online` with no users, and comes at most once a second. Users in it of whom the client was told before are still
         *     told of by name.
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
            /** @description Users whose presence has changed or is told for the first time. */
            users: components["schemas"]["Present"][];
        };
        /**
         * presence, from the client
         * @description Tells the others how one is.
         */
        PresenceRequest: {
            id?: components["schemas"]["RequestId"];
            /** @description How. */
            status: components["schemas"]["OwnPresence"];
            /** @enum {string} */
            type: "presence";
        };
        /**
         * @description How present a user is.
         * @enum {string}
         */
        PresenceStatus: "offline" | "away" | "active";
        /** @description How present a user is. */
        Present: {
            /** @description How present. */
            status: components["schemas"]["PresenceStatus"];
            /** @description The user. */
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
         * @description Someone has read.
         */
        ReadFrame: {
            /** @description When. */
            at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Up to which number.
             */
            number: number;
            /**
             * Format: uuid
             * @description Where.
             */
            thread: string;
            /** @enum {string} */
            type: "read";
            /** @description Who. */
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
            /**
             * Format: uuid
             * @description Which.
             */
            thread: string;
            /** @enum {string} */
            type: "read";
        };
        /** @description Where the read mark lies in the log. */
        ReadResult: {
            /**
             * @description For `?at_least=`.
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
            /** @description Who. */
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
         * @description Events were missed and will not follow: the client reads these threads anew.
         */
        ResyncFrame: {
            /** @description Why, for people. */
            reason: string;
            /** @description Which; none means all of them. */
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
         * @description Posts a message. Its id makes a repetition harmless.
         */
        SendRequest: {
            id?: components["schemas"]["RequestId"];
            /** @description What. */
            message: components["schemas"]["SentMessage"];
            /**
             * Format: uuid
             * @description Where.
             */
            thread: string;
            /** @enum {string} */
            type: "send";
        };
        /** @description A message as it is posted. */
        SentMessage: {
            /** @description None can be attached yet: absent or empty. */
            attachments?: Record<string, unknown>[] | null;
            /** @description The text. */
            content: string;
            /**
             * Format: uuid
             * @description A UUIDv7, the idempotency key.
             */
            id: string;
            kind?: null | components["schemas"]["MessageKind"];
            /** @description The product's own data. */
            metadata?: Record<string, unknown> | null;
            /**
             * Format: uuid
             * @description The message it answers.
             */
            reply_to?: string | null;
        };
        /** @description What the edge sends. */
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
            /** @description As whom. */
            user: string;
        };
        /** @description A token, and whom it names. */
        SignedIn: {
            /** @description When the token ends. */
            expires_at: components["schemas"]["Time"];
            /** @description The display name. */
            name: string | null;
            /** @description The token. */
            token: string;
            /** @description The user. */
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
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What it is for, such as `project_305`. */
            key: string | null;
            /** @description What sort. */
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
            /** @description Its title. */
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
            /**
             * Format: uuid
             * @description The thread.
             */
            thread: string;
            /** @enum {string} */
            type: "typing";
            /** @description The user. */
            user?: string;
        };
        /**
         * typing, from the client
         * @description Tells the others that one types. Without a further start it ends by itself.
         */
        TypingRequest: {
            id?: components["schemas"]["RequestId"];
            /** @description Whether it starts. */
            status: components["schemas"]["Typing"];
            /**
             * Format: uuid
             * @description Where.
             */
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
         * @description Answers hello. Events follow from the cursor's place on.
         */
        WelcomeFrame: {
            /** @description Where to resume. */
            cursor: string;
            /**
             * Format: int64
             * @description How often the edge wants to hear of the client, milliseconds: a ping will do.
             */
            heartbeat_ms: number;
            /** @description As the request had it. */
            id?: components["schemas"]["RequestId"];
            /** @description What the client has to keep to. */
            limits: components["schemas"]["Limits"];
            /** @description Whether everything since the cursor of the hello follows. */
            recovered: boolean;
            /** @description The edge's time. */
            time: components["schemas"]["Time"];
            /** @enum {string} */
            type: "welcome";
            /** @description Who one is. */
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
