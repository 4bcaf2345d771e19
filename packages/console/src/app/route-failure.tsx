import { useRouter } from "@tanstack/react-router";
import { Failure } from "../ui/page.tsx";

/** What is shown where a page could not be loaded. */
export const RouteFailure = ({ error }: { error: unknown }) => {
  const router = useRouter();
  return (
    <div className="p-6">
      <Failure error={error} onRetry={() => void router.invalidate()} />
    </div>
  );
};
