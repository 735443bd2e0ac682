// Generated from openapi.json by scripts/generate.mjs; not edited.

export interface paths {
    "/api/chat/messages/{message}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A message of one of my threads. */
        get: operations["get_message"];
        /** Replaces a message's content. */
        put: operations["edit_message"];
        post?: never;
        /** Deletes a message; its tombstone stays. */
        delete: operations["delete_message"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** My threads, latest activity first. */
        get: operations["list_threads"];
        put?: never;
        /** Makes a thread, or returns the dm, or the thread with this key, that there is. */
        post: operations["create_thread"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/by-participants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The dm of exactly these two, of whom the caller is one. */
        get: operations["find_dm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A thread, with all its members. */
        get: operations["get_thread"];
        /** Changes title and metadata. */
        put: operations["change_thread"];
        post?: never;
        /** Archives a thread: it stays readable, and takes no more messages and members. */
        delete: operations["archive_thread"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A thread's events, oldest first. */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}/mark-read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Marks a thread as read, up to a number or altogether. */
        post: operations["mark_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes in a member. */
        post: operations["add_member"];
        /** Leaves a thread. */
        delete: operations["leave_thread"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Gives a member another role. */
        put: operations["change_role"];
        post?: never;
        /** Puts out a member. */
        delete: operations["remove_member"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A thread's messages, newest first. */
        get: operations["list_messages"];
        put?: never;
        /** Sends a message. The same id and body again is answered with the message that there is. */
        post: operations["send_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/threads/{thread}/receipts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has read a thread up to where. */
        get: operations["list_receipts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/chat/unread-count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How much I have not read. */
        get: operations["count_unread"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dev/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A token for any user. Only on development systems (`edge.development_tokens`), and there only for this machine's own
         *     pages and programs; elsewhere there is no such path.
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process lives. */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures for Prometheus. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether new clients and requests should come here. */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schemas/ids/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The schema with this id. */
        get: operations["schema_by_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every subject: a topic and a record in it. */
        get: operations["list_subjects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/{subject}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The versions of a subject. */
        get: operations["list_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subjects/{subject}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version of a subject. */
        get: operations["get_version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
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
            /** @description The new title; null takes it away. */
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
            /** @description The new text. */
            content: string;
            /** @description When. */
            edited_at: components["schemas"]["Time"];
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
            /** @description Everyone in it, the creator first. */
            members: components["schemas"]["NewMember"][];
            /** @description The product's own data. */
            metadata: Record<string, unknown>;
            /** @description Its title. */
            title: string | null;
        };
        /** @description Replaces a message's content. */
        EditMessageBody: {
            /** @description The new text. */
            content: string;
            /** @description The new metadata; absent: the old stays. */
            metadata?: Record<string, unknown> | null;
        };
        /**
         * @description The sort of error, for programs. More may come: treat one you do not know by `retryable`.
         * @enum {string}
         */
        ErrorCode: "invalid_field" | "unknown_type" | "unauthenticated" | "forbidden" | "unknown_thread" | "not_a_member" | "unknown_member" | "unknown_message" | "message_deleted" | "message_conflict" | "key_taken" | "thread_archived" | "dm_fixed" | "last_owner" | "bad_cursor" | "rate_limited" | "unavailable" | "timeout" | "views_behind" | "not_found" | "method_not_allowed" | "too_large" | "unsupported_media_type" | "internal";
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
            /** @description The display name as last seen. */
            name: string | null;
            /**
             * Format: int64
             * @description The number of the last message read; 0 before the first.
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
            /** @description The text; empty when deleted. */
            content: string;
            deleted_at: null | components["schemas"]["Time"];
            edited_at: null | components["schemas"]["Time"];
            expires_at: null | components["schemas"]["Time"];
            /**
             * Format: uuid
             * @description Its id, a UUIDv7.
             */
            id: string;
            /** @description What sort. */
            kind: components["schemas"]["MessageKind"];
            /** @description The product's own data; empty when deleted. */
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
            kind?: null | components["schemas"]["PostedKind"];
            /** @description The product's own data. */
            metadata?: Record<string, unknown> | null;
            /**
             * Format: uuid
             * @description The message it answers.
             */
            reply_to?: string | null;
        };
        /**
         * @description What sort of message people post; the others come of what happens elsewhere.
         * @enum {string}
         */
        PostedKind: "text" | "voice" | "file";
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
        /**
         * @description What a member may do.
         * @enum {string}
         */
        Role: "owner" | "admin" | "member";
        /** @description A schema, as JSON in a text. */
        SchemaText: {
            schema: string;
        };
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
export interface operations {
    get_message: {
        parameters: {
            query?: {
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path: {
                message: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    edit_message: {
        parameters: {
            query?: {
                /** @description The position that the message was sent at, when just now */
                at_least?: string;
            };
            header?: never;
            path: {
                message: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EditMessageBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What is attached: nothing yet. */
                        attachments: Record<string, unknown>[];
                        /** @description The text; empty when deleted. */
                        content: string;
                        deleted_at: null | components["schemas"]["Time"];
                        edited_at: null | components["schemas"]["Time"];
                        expires_at: null | components["schemas"]["Time"];
                        /**
                         * Format: uuid
                         * @description Its id, a UUIDv7.
                         */
                        id: string;
                        /** @description What sort. */
                        kind: components["schemas"]["MessageKind"];
                        /** @description The product's own data; empty when deleted. */
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
                         * Format: uuid
                         * @description Its thread.
                         */
                        thread: string;
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_message: {
        parameters: {
            query?: {
                /** @description The position that the message was sent at, when just now */
                at_least?: string;
            };
            header?: never;
            path: {
                message: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_threads: {
        parameters: {
            query?: {
                /** @description `next` of the page before */
                cursor?: string;
                /** @description Threads at most; 50 if absent */
                limit?: number;
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ThreadsPage"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_thread: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUIDv7: the id of a new thread without a key */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateThreadBody"];
            };
        };
        responses: {
            /** @description It was there */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description It is new */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    find_dm: {
        parameters: {
            query: {
                /** @description The two users, each as a `user` of its own */
                user: string[];
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Thread"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_thread: {
        parameters: {
            query?: {
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Thread"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_thread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeThreadBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
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
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    archive_thread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description Only events with a seq above this one */
                after_seq?: number;
                /** @description Events at most; 50 if absent */
                limit?: number;
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventsPage"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": null | components["schemas"]["MarkReadBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: int64
                         * @description Up to which number; an earlier mark that was further on stays.
                         */
                        number: number;
                        /**
                         * Format: uuid
                         * @description The thread.
                         */
                        thread: string;
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddMemberBody"];
            };
        };
        responses: {
            /** @description The user was a member already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description The user is a new member */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    leave_thread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeRoleBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                thread: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Written"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_messages: {
        parameters: {
            query?: {
                /** @description The newest with a number below this one */
                before?: number;
                /** @description The oldest with a number above this one */
                after?: number;
                /** @description Half from this number down, half above it */
                around?: number;
                /** @description Messages at most; 50 if absent */
                limit?: number;
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessagesPage"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    send_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description A UUIDv7: the message's id, when the body has none */
                "Idempotency-Key"?: string | null;
            };
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostMessageBody"];
            };
        };
        responses: {
            /** @description It was sent before */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What is attached: nothing yet. */
                        attachments: Record<string, unknown>[];
                        /** @description The text; empty when deleted. */
                        content: string;
                        deleted_at: null | components["schemas"]["Time"];
                        edited_at: null | components["schemas"]["Time"];
                        expires_at: null | components["schemas"]["Time"];
                        /**
                         * Format: uuid
                         * @description Its id, a UUIDv7.
                         */
                        id: string;
                        /** @description What sort. */
                        kind: components["schemas"]["MessageKind"];
                        /** @description The product's own data; empty when deleted. */
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
                         * Format: uuid
                         * @description Its thread.
                         */
                        thread: string;
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description It is new */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What is attached: nothing yet. */
                        attachments: Record<string, unknown>[];
                        /** @description The text; empty when deleted. */
                        content: string;
                        deleted_at: null | components["schemas"]["Time"];
                        edited_at: null | components["schemas"]["Time"];
                        expires_at: null | components["schemas"]["Time"];
                        /**
                         * Format: uuid
                         * @description Its id, a UUIDv7.
                         */
                        id: string;
                        /** @description What sort. */
                        kind: components["schemas"]["MessageKind"];
                        /** @description The product's own data; empty when deleted. */
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
                         * Format: uuid
                         * @description Its thread.
                         */
                        thread: string;
                    } & {
                        /**
                         * @description For `?at_least=`.
                         * @example messages:3:1234
                         */
                        position: string;
                    };
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_receipts: {
        parameters: {
            query?: {
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path: {
                thread: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipts"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    count_unread: {
        parameters: {
            query?: {
                /** @description A position that the answer shall include */
                at_least?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Unread"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    schema_by_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A number */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SchemaText"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_subjects: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string[];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_versions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": number[];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_version: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subject: string;
                /** @description A number, or `latest` */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubjectVersion"];
                };
            };
            /** @description An error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
