"""What is known of the cluster at the moment: small views, fed by watches, by answers to writes, and by the resync."""

from collections.abc import Iterable

from casebook.controller.incidents import Incidents
from casebook.controller.tenancy import Domain, Tenants
from casebook.controller.views import Case, CaseKey, JobView, NamespaceView


class World:
    """Views by name. Whatever is older than what is held of the same object is ignored."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.cases: dict[CaseKey, Case] = {}
        self.jobs: dict[str, JobView] = {}
        self.namespaces: dict[str, NamespaceView] = {}
        self.tenants = Tenants()
        self.incidents = Incidents()
        self._by_uid: dict[str, CaseKey] = {}
        self._jobs_of: dict[str, set[str]] = {}

    def put_case(self, case: Case) -> bool:
        """Keep this view; whether it says anything new that a decision could rest on."""
        key = (case.namespace, case.name)
        old = self.cases.get(key)
        if old is not None and old.version >= case.version:
            return False
        if old is not None and old.uid != case.uid:
            self._by_uid.pop(old.uid, None)
        self.cases[key] = case
        self._by_uid[case.uid] = key
        self.incidents.put(case)
        return old is None or old.essence() != case.essence()

    def drop_case(self, namespace: str, name: str, uid: str) -> bool:
        """It is gone, if it still is the one with this UID; whether it was there."""
        key = (namespace, name)
        old = self.cases.get(key)
        if old is None or old.uid != uid:
            return False
        del self.cases[key]
        self.incidents.drop(key)
        self._by_uid.pop(uid, None)
        return True

    def case_of(self, uid: str) -> Case | None:
        """The Investigation with this UID."""
        key = self._by_uid.get(uid)
        return self.cases.get(key) if key is not None else None

    def open_cases(self) -> list[Case]:
        """Those that have not finished."""
        return [case for case in self.cases.values() if not case.finished]

    def put_job(self, job: JobView) -> bool:
        """Keep this view; whether it is new."""
        old = self.jobs.get(job.name)
        if old is not None and old.version >= job.version:
            return False
        if old is not None:
            self.drop_job(old.name, old.uid)
        self.jobs[job.name] = job
        self._jobs_of.setdefault(job.case_uid, set()).add(job.name)
        return True

    def drop_job(self, name: str, uid: str) -> bool:
        """It is gone, if it still is the one with this UID."""
        old = self.jobs.get(name)
        if old is None or old.uid != uid:
            return False
        del self.jobs[name]
        names = self._jobs_of[old.case_uid]
        names.discard(name)
        if not names:
            del self._jobs_of[old.case_uid]
        return True

    def jobs_of(self, uid: str) -> list[JobView]:
        """The Jobs of the Investigation with this UID."""
        return [self.jobs[name] for name in sorted(self._jobs_of.get(uid, ()))]

    def put_namespaces(self, views: Iterable[NamespaceView], *, as_of: int = 0) -> set[str]:
        """Keep these views; the names whose tenant or existence changed.

        With `as_of` they are all there were at that resource version: what is older and not among them is gone.
        """
        fresh = {view.name: view for view in views}
        old = dict(self.namespaces)
        gone = {name for name, view in old.items() if name not in fresh and view.version <= as_of}
        for name, view in fresh.items():
            if name not in old or old[name].version < view.version or old[name].created != view.created:
                self.namespaces[name] = view
        for name in gone:
            del self.namespaces[name]
        return self._rederive(old)

    def drop_namespace(self, name: str) -> set[str]:
        """It is gone; the names whose tenant or existence changed."""
        old = dict(self.namespaces)
        self.namespaces.pop(name, None)
        return self._rederive(old)

    def _rederive(self, old: dict[str, NamespaceView]) -> set[str]:
        changed = {
            name
            for name in old.keys() | self.namespaces.keys()
            if _place(old.get(name)) != _place(self.namespaces.get(name))
        }
        if changed:
            self.tenants = Tenants.derive(self.namespaces.values(), self.domain)
        return changed


def _place(view: NamespaceView | None) -> tuple[object, ...]:
    return () if view is None else (view.label, view.created, view.deleting)
