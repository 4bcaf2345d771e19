/** One event of a job; `timestamp` is `YYYY-MM-DD HH:MM:SS` (rest-contract 2.3). */
export interface JobEvent {
  readonly id: number;
  readonly type: "event" | "status" | "progress";
  readonly timestamp?: string;
  readonly objectName?: string;
  readonly message?: string;
  readonly status?: string;
}

/** A provisioning job as stored in the bucket `workspace-provision-jobs` under its id (rest-contract 2.3). */
export interface JobRecord {
  readonly id: string;
  readonly workspaceName?: string;
  readonly username?: string;
  readonly status: "running" | "completed";
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string;
  readonly events?: readonly JobEvent[];
}
