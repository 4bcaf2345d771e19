import { type Kysely, sql } from "kysely";
import type { Migrations } from "../storage/migrate.ts";

/** Booleans are 0 or 1 and times are epoch milliseconds, so that the same SQL runs on SQLite and PostgreSQL. */
type Flag = 0 | 1;
type Millis = number;

export interface IdentitySchema {
  sequences: { name: string; next: number };
  organizations: { name: string; description: string; created_at: Millis };
  roles: { id: number; name: string; org: string; description: string; created_at: Millis };
  role_blueprints: { role_id: number; blueprint: string };
  users: {
    username: string;
    organization: string;
    fullname: string;
    email: string | null;
    uid: number;
    gid: number;
    shell: string;
    sudo: Flag;
    locked: Flag;
    source: string;
    is_valid: Flag;
    expires_at: Millis | null;
    manage_repos: string;
    git_address: string;
    password_hash: string;
    created_at: Millis;
    updated_at: Millis;
  };
  user_roles: { username: string; role_id: number };
  auth_keys: { id: number; username: string; key: string; fingerprint: string; created_at: Millis };
  access_tokens: {
    id: number;
    username: string;
    name: string;
    hash: string;
    preview: string;
    scopes: string;
    expires_at: Millis | null;
    created_at: Millis;
    last_used_at: Millis | null;
    is_active: Flag;
  };
  credentials: {
    id: number;
    username: string;
    service_name: string;
    service_scope: string;
    source: string;
    subject: string;
    secret: string;
    is_active: Flag;
    created_at: Millis;
    updated_at: Millis;
    last_used_at: Millis | null;
  };
  env_vars: {
    owner_kind: "org" | "user";
    owner: string;
    key: string;
    value: string;
    is_secret: Flag;
    created_at: Millis;
    updated_at: Millis;
  };
  onboard_rules: {
    id: number;
    idp: string;
    username_pattern: string;
    org: string;
    action: string;
    priority: number;
    status: string;
    roles: string;
    sudo: Flag;
    fullname: string;
    email: string;
    note: string;
    /** The external account of a waitlisted person; empty for a rule. */
    subject: string;
    requested_at: Millis | null;
    decided_at: Millis | null;
    decided_by: string;
    created_at: Millis;
    updated_at: Millis;
  };
  /** An account of an external identity provider that belongs to a user, and its git token (encrypted). */
  provider_accounts: {
    provider: string;
    subject: string;
    username: string;
    login: string;
    token: string;
    updated_at: Millis;
  };
  web_flows: {
    state_hash: string;
    provider: string;
    redirect_uri: string;
    /** What the provider needs again at completion (PKCE verifier, nonce), encrypted. */
    secret: string;
    cli_state: string;
    create_pat: Flag;
    expires_at: Millis;
    /** Local provider: set when the person has proved who they are. */
    code_hash: string | null;
    username: string | null;
    method: string | null;
  };
  device_flows: { provider: string; username: string; secret: string; expires_at: Millis };
  /** Facts about the database itself. */
  settings: { name: string; value: string };
  password_resets: { token_hash: string; username: string; expires_at: Millis };
  once_links: { token_hash: string; username: string; expires_at: Millis };
}

const initial = async (db: Kysely<never>): Promise<void> => {
  const run = (statement: string) => sql.raw(statement).execute(db);
  await run(`create table sequences (name text primary key, next bigint not null)`);
  await run(
    `create table organizations (name text primary key, description text not null, created_at bigint not null)`,
  );
  await run(`create table roles (id bigint primary key, name text not null, org text not null,
    description text not null, created_at bigint not null, unique (name, org))`);
  await run(`create table role_blueprints (role_id bigint not null references roles (id) on delete cascade,
    blueprint text not null, primary key (role_id, blueprint))`);
  await run(`create table users (username text primary key,
    organization text not null references organizations (name), fullname text not null, email text unique,
    uid bigint not null unique, gid bigint not null, shell text not null, sudo integer not null,
    locked integer not null, source text not null, is_valid integer not null, expires_at bigint,
    manage_repos text not null, git_address text not null, password_hash text not null,
    created_at bigint not null, updated_at bigint not null)`);
  await run(`create table user_roles (username text not null references users (username) on delete cascade,
    role_id bigint not null references roles (id) on delete cascade, primary key (username, role_id))`);
  await run(`create index user_roles_role on user_roles (role_id)`);
  await run(`create table auth_keys (id bigint primary key,
    username text not null references users (username) on delete cascade, key text not null,
    fingerprint text not null, created_at bigint not null, unique (username, fingerprint))`);
  await run(`create table access_tokens (id bigint primary key,
    username text not null references users (username) on delete cascade, name text not null,
    hash text not null unique, preview text not null, scopes text not null, expires_at bigint,
    created_at bigint not null, last_used_at bigint, is_active integer not null, unique (username, name))`);
  await run(`create index access_tokens_expiry on access_tokens (expires_at)`);
  await run(`create table credentials (id bigint primary key,
    username text not null references users (username) on delete cascade, service_name text not null,
    service_scope text not null, source text not null, subject text not null, secret text not null,
    is_active integer not null, created_at bigint not null, updated_at bigint not null, last_used_at bigint,
    unique (username, service_name, service_scope))`);
  await run(`create table env_vars (owner_kind text not null, owner text not null, key text not null,
    value text not null, is_secret integer not null, created_at bigint not null, updated_at bigint not null,
    primary key (owner_kind, owner, key))`);
  await run(`create table onboard_rules (id bigint primary key, idp text not null, username_pattern text not null,
    org text not null references organizations (name) on delete cascade, action text not null,
    priority integer not null, status text not null, roles text not null, sudo integer not null,
    fullname text not null, email text not null, note text not null, subject text not null,
    requested_at bigint, decided_at bigint, decided_by text not null, created_at bigint not null,
    updated_at bigint not null)`);
  await run(`create table provider_accounts (provider text not null, subject text not null,
    username text not null references users (username) on delete cascade, login text not null,
    token text not null, updated_at bigint not null, primary key (provider, subject))`);
  await run(`create index provider_accounts_username on provider_accounts (username)`);
  await run(`create table web_flows (state_hash text primary key, provider text not null,
    redirect_uri text not null, secret text not null, cli_state text not null, create_pat integer not null,
    expires_at bigint not null, code_hash text, username text, method text)`);
  await run(`create index web_flows_expiry on web_flows (expires_at)`);
  await run(`create table device_flows (provider text not null, username text not null, secret text not null,
    expires_at bigint not null, primary key (provider, username))`);
  await run(`create table once_links (token_hash text primary key,
    username text not null references users (username) on delete cascade, expires_at bigint not null)`);
};

const passwordResets = async (db: Kysely<never>): Promise<void> => {
  const run = (statement: string) => sql.raw(statement).execute(db);
  await run(`create table settings (name text primary key, value text not null)`);
  await run(`create table password_resets (token_hash text primary key,
    username text not null references users (username) on delete cascade, expires_at bigint not null)`);
  await run(`create index password_resets_username on password_resets (username)`);
};

/** The forward-only migrations of the identity database. */
export const identityMigrations: Migrations = {
  "0001_initial": { up: initial },
  "0002_password_resets": { up: passwordResets },
};
