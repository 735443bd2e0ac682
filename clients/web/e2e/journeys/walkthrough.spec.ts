import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readGuide } from "../support/guide.ts";
import { expect, test } from "../support/journey.ts";

const LIBRARY = fileURLToPath(new URL("../../../typescript", import.meta.url));

test("the guide to a chat in one's own React app, followed word by word in an empty directory", async ({
  browser,
  server,
  tag,
}) => {
  test.setTimeout(240_000);
  const directory = mkdtempSync(join(tmpdir(), "threadline-guide-"));
  const app = join(directory, "app");
  mkdirSync(app);
  const { commands, files } = readGuide();
  expect([...files.keys()]).toEqual(["vite.config.js", "index.html", "main.jsx"]);
  expect(commands).toContain("CHECKOUT/clients/typescript/threadline-0.1.0.tgz");
  let vite: ChildProcess | undefined;
  try {
    // `npm ci` was before; the package goes beside the app, so that the checkout stays as it is.
    execFileSync("npm", ["pack", "--silent", "--pack-destination", directory], { cwd: LIBRARY, stdio: "pipe" });
    const said = commands.replace("CHECKOUT/clients/typescript", directory);
    execFileSync("bash", ["-ec", said], { cwd: app, stdio: "pipe" });
    for (const [name, text] of files) {
      // This server is at another port than the one that `make run` has.
      writeFileSync(join(app, name), text.replaceAll("http://127.0.0.1:8080", server.edge()));
    }
    vite = spawn("npx", ["vite"], { cwd: app, env: { ...process.env, NO_COLOR: "1" }, stdio: "pipe", detached: true });
    const url = await address(vite);

    const windows = [];
    const problems: string[] = [];
    for (const user of [`ann-${tag}`, `ben-${tag}`]) {
      const page = await (await browser.newContext()).newPage();
      page.on("pageerror", (error) => problems.push(`${user}: ${error.message}`));
      await page.goto(`${url}?user=${user}`);
      await expect(page.getByText(`${user} is connected`)).toBeVisible({ timeout: 60_000 });
      windows.push(page);
    }
    const [ann, ben] = [windows[0]!, windows[1]!];
    ann.once("dialog", (dialog) => void dialog.accept(`ben-${tag}`));
    await ann.getByRole("button", { name: "New" }).click();
    await ann.getByRole("textbox").fill("Hello from my own app");
    await ann.getByRole("textbox").press("Enter");
    await ben.getByRole("button", { name: `ann-${tag}` }).click();
    await expect(ben.getByText(`ann-${tag}: Hello from my own app`)).toBeVisible();
    await ben.getByRole("textbox").pressSequentially("And ");
    await expect(ann.getByText(`ben-${tag} …`)).toBeVisible();
    await ben.getByRole("textbox").pressSequentially("back");
    await ben.getByRole("textbox").press("Enter");
    await expect(ann.getByText(`ben-${tag}: And back`)).toBeVisible();

    await server.stop();
    await ann.getByRole("textbox").fill("written while it was gone");
    await ann.getByRole("textbox").press("Enter");
    await expect(ann.getByText("written while it was gone pending")).toBeVisible();
    await server.start();
    await expect(ben.getByText(`ann-${tag}: written while it was gone`)).toBeVisible({ timeout: 60_000 });
    expect(problems).toEqual([]);
    for (const page of windows) await page.context().close();
  } finally {
    if (vite?.pid !== undefined) process.kill(-vite.pid, "SIGTERM");
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** Where Vite says that the app is. */
function address(vite: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const hear = (text: Buffer) => {
      output += text.toString();
      const url = /Local:\s+(http:\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    vite.stdout!.on("data", hear);
    vite.stderr!.on("data", hear);
    vite.once("exit", () => reject(new Error(`Vite ended: ${output}`)));
  });
}
