/** Variable in the environment of every process of a workspace; its value is the workspace's instance. */
export const instanceVariable = "K8SHELL_INSTANCE";
