/** What the lock file promises: whole, from nowhere in particular, without scripts, under licences that we may use. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Package {
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  license?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

const LICENCES =
  /^(?:MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|Unlicense|\(?MIT OR Apache-2\.0\)?)$/;

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const packages = Object.entries(lock.packages as Record<string, Package>).filter(
  ([path]) => path !== "",
);

it("names no place to download from, and a hash for every package", () => {
  expect(packages.filter(([, one]) => one.resolved)).toEqual([]);
  expect(packages.filter(([, one]) => !one.integrity)).toEqual([]);
});

it("runs nothing while installing", () => {
  expect(packages.filter(([, one]) => one.hasInstallScript).map(([path]) => path)).toEqual([]);
});

it("holds every platform's package, so that it installs everywhere", () => {
  const names = new Set(packages.map(([path]) => path.replace(/^.*node_modules\//, "")));
  const missing = packages
    .flatMap(([, one]) => Object.keys(one.optionalDependencies ?? {}))
    .filter((name) => !names.has(name));
  expect(missing).toEqual([]);
});

it("ships only what its licence lets us ship, and builds with MPL-2.0 at most", () => {
  const foreign = packages.filter(([, one]) => {
    const licence = one.license ?? "";
    return !LICENCES.test(licence) && !(one.dev && licence === "MPL-2.0");
  });
  expect(foreign.map(([path, one]) => `${path}: ${one.license}`)).toEqual([]);
});
