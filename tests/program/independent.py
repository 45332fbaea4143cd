"""What the program computes, computed again from docs/models.md in another language.

    independent.py PLIMSOLL

A random book of accounts with every kind of holding runs through a table of moves under two rule packs;
every dataset of the result is compared with this page's own figures. Then drawn scenarios: what a pool
loses is compared with Student-t moves from numpy's generator. Nothing of the program's source is used.
Exit code 77: skipped, because h5py or numpy is not there.
"""
import csv
import io
import json
import math
import random
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-h5py, python3-numpy)")
    sys.exit(77)

PLIMSOLL = sys.argv.pop(1)
TICK = 1e-4
SAMPLES = Path(__file__).resolve().parent.parent.parent / "datasets" / "samples"
CLASSES = ["house", "client omnibus", "client segregated"]
INSTRUMENTS = [  # name, kind, underlying, settle, contract size, basis
    ("BTC/USDT:USDT", "linear", "BTC", "USDT", 0.01, 0.001),
    ("ETH/USDT:USDT", "linear", "ETH", "USDT", 1.0, -0.002),
    ("BTC/USD:BTC", "inverse", "BTC", "BTC", 100.0, 0.003),
]
ASSETS = ["USD", "USDT", "BTC", "ETH"]
PRICE = {"USD": 1.0, "USDT": 0.998, "BTC": 65000.0, "ETH": 3000.0}


def run(place, *arguments):
    done = subprocess.run([PLIMSOLL, *map(str, arguments)], cwd=place, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def write_table(path, header, rows):
    path.write_text("\n".join([header] + [",".join(map(str, row)) for row in rows]) + "\n")


def asset_table():
    return [("BTC", PRICE["BTC"], 0.6, 1), ("ETH", PRICE["ETH"], 0.75, 1)]


def make_market(place, *more):
    write_table(place / "factors.csv", "name,price,volatility,limit", asset_table())
    write_table(place / "correlation.csv", "name,BTC,ETH", [("BTC", 1, 0.8), ("ETH", 0.8, 1)])
    run(place, "import", "--factors", "factors.csv", "--correlation", "correlation.csv", "--as-of",
        "2026-01-01", "--constant", f"USDT={PRICE['USDT']}", "--out", "market.h5", *more)


def make_book(place, accounts, positions, balances):
    write_table(place / "instruments.csv", "name,kind,underlying,settle,contract_size,basis", INSTRUMENTS)
    write_table(place / "accounts.csv", "name,class", accounts)
    write_table(place / "positions.csv", "account,pool,instrument,quantity,entry_price", positions)
    write_table(place / "balances.csv", "account,pool,asset,amount", balances)
    run(place, "import", "--instruments", "instruments.csv", "--accounts", "accounts.csv", "--positions",
        "positions.csv", "--balances", "balances.csv", "--out", "book.h5")


def random_book(rng):
    """Accounts of one to three pools with positions and balances of every kind."""
    accounts, positions, balances = [], [], []
    for number in range(40):
        name = f"a{number:02}"
        accounts.append((name, rng.choice(CLASSES)))
        for pool in ["cross", "isolated:x", "isolated:y"][:rng.choice([1, 1, 2, 3])]:
            for instrument, kind, underlying, _, size, _ in rng.sample(INSTRUMENTS, rng.randint(0, 3)):
                worth = math.exp(rng.gauss(10, 1.5))
                unit = size if kind == "inverse" else size * PRICE[underlying]
                entry = PRICE[underlying] * math.exp(rng.gauss(0, 0.05))
                positions.append((name, pool, instrument, rng.choice([-1, 1]) * worth / unit, entry))
            for asset in rng.sample(ASSETS, rng.randint(1, 4)):
                amount = math.exp(rng.gauss(9, 1.2)) / PRICE[asset]
                balances.append((name, pool, asset, -0.3 * amount if rng.random() < 0.2 else amount))
    return accounts, positions, balances


def random_moves(rng, scenarios, steps):
    """Simple returns [scenario][step][BTC, ETH], some of them violent."""
    moves = np.empty((scenarios, steps, 2))
    for column in np.ndindex(scenarios, steps):
        size = 0.2 if rng.random() < 0.2 else 0.04
        moves[column] = [max(-0.9, rng.gauss(0, size)), max(-0.9, rng.gauss(0, size))]
    return moves


class Rules:
    """A rule pack as its TOML says it, in the words of docs/models.md."""

    def __init__(self, text):
        toml = tomllib.loads(text)
        self.counts_gains = toml["counts_gains"]
        self.haircuts = {entry["asset"]: entry for entry in toml["haircuts"]}
        schedules = {entry["name"]: entry for entry in toml["schedules"]}
        self.brackets = {entry["match"]: schedules[entry["schedule"]] for entry in toml["instruments"]}

    def credit(self, asset, value, price, share):
        entry = self.haircuts[asset]
        if value < 0:
            return value * (1 + entry.get("borrow_surcharge", 0))
        scale = share * (price if entry["unit"] == "asset" else 1.0)
        edges = [tier["from"] * scale for tier in entry["tiers"]] + [math.inf]
        return sum((min(value, above) - below) * (1 - tier["haircut"])
                   for tier, below, above in zip(entry["tiers"], edges, edges[1:]) if value > below)

    def requirement(self, instrument, worth, settle_price):
        schedule = self.brackets[instrument]
        scale = settle_price if schedule["unit"] == "asset" else 1.0
        edges = [bracket["floor"] * scale for bracket in schedule["brackets"]] + [math.inf]
        return sum((min(abs(worth), above) - below) * bracket["rate"]
                   for bracket, below, above in zip(schedule["brackets"], edges, edges[1:])
                   if abs(worth) > below)


class Pool:
    def __init__(self, name, account, isolated):
        self.name, self.account, self.isolated = name, account, isolated
        self.balance, self.positions, self.share = {}, [], {}

    def assets(self):
        return sorted(set(self.balance) | {p["settle"] for p in self.positions})

    def worth(self, position, price):
        mark = price[position["underlying"]] * (1 + position["basis"])
        units = position["quantity"] * position["size"]
        return -units * price[position["settle"]] / mark if position["inverse"] else units * mark

    def value(self, asset, price, rules):
        gain = 0.0
        for position in self.positions:
            if position["settle"] != asset:
                continue
            mark = price[position["underlying"]] * (1 + position["basis"])
            units = position["quantity"] * position["size"]
            entry = position["entry"]
            gain += (price[asset] * units * (1 / entry - 1 / mark) if position["inverse"]
                     else units * (mark - entry * price[asset]))
        if not rules.counts_gains:
            gain = min(gain, 0.0)
        return price[asset] * self.balance.get(asset, 0.0) + gain

    def margin(self, price, rules):
        equity = sum(rules.credit(a, self.value(a, price, rules), price[a], self.share.get(a, 1.0))
                     for a in self.assets())
        need = sum(rules.requirement(p["instrument"], self.worth(p, price), price[p["settle"]])
                   for p in self.positions)
        return equity, need, equity - need


def read_pools(path):
    with h5py.File(path) as book:
        def names(key):
            return book[key].asstr()[:]
        assets = names("axes/asset")
        instruments = {key: book["instruments/" + key][:]
                       for key in ("kind", "underlying", "settle", "contract_size", "basis")}
        pools = [Pool(*row) for row in zip(names("pools/name"), book["pools/account"][:],
                                           book["pools/kind"][:] == 1)]
        for pool, asset, amount in zip(*(book["balances/" + k][:] for k in ("pool", "asset", "amount"))):
            pools[pool].balance[assets[asset]] = amount
        columns = (book["positions/" + k][:] for k in ("pool", "instrument", "quantity", "entry_price"))
        for pool, i, quantity, entry in zip(*columns):
            pools[pool].positions.append({
                "instrument": names("instruments/name")[i], "quantity": quantity, "entry": entry,
                "inverse": instruments["kind"][i] == 1, "size": instruments["contract_size"][i],
                "basis": instruments["basis"][i], "settle": assets[instruments["settle"][i]],
                "underlying": assets[instruments["underlying"][i]]})
        return pools, book["accounts/segregation_class"][:], list(names("axes/class"))


def share_tiers(pools, rules):
    """The edges belong to the account; its pools share them by what each holds tonight."""
    for account in {pool.account for pool in pools}:
        mine = [pool for pool in pools if pool.account == account]
        for asset in ASSETS:
            holders = [pool for pool in mine if asset in pool.assets()]
            worth = [max(pool.value(asset, PRICE, rules), 0.0) for pool in holders]
            empty = worth.count(0.0)
            for pool, w in zip(holders, worth):
                pool.share[asset] = (1 / len(holders) if w == 0.0 else
                                     (len(holders) - empty) / len(holders) * w / sum(worth))


def wilson(hits, trials, z=1.959963984540054):
    p, z2 = hits / trials, z * z
    middle, half = p + z2 / (2 * trials), z * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    return ((0.0 if hits == 0 else (middle - half) / (1 + z2 / trials)),
            (1.0 if hits == trials else (middle + half) / (1 + z2 / trials)))


def ticks_up(amount):
    return math.ceil(amount / TICK)


def for_each_pool(check):
    """A test that runs check(self, pack, row, expected) for every pool under every pack."""
    def test(self):
        for pack, expected in enumerate(self.expected):
            for row, pool in enumerate(expected):
                with self.subTest(pack=pack, pool=self.pools[row].name):
                    check(self, pack, row, pool)
    return test


class TableRun(unittest.TestCase):
    """Every figure of a run through a table of moves."""

    SCENARIOS, STEPS = 120, 3

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.place = place = Path(cls.folder.name)
        rng = random.Random(20260101)
        make_market(place)
        make_book(place, *random_book(rng))
        first = (SAMPLES / "rules.toml").read_text()
        second = first.replace('name = "worked example"', 'name = "gains ignored"').replace(
            "counts_gains = true", "counts_gains = false")
        cls.packs = [Rules(first), Rules(second)]
        (place / "first.toml").write_text(first)
        (place / "second.toml").write_text(second)
        moves = random_moves(rng, cls.SCENARIOS, cls.STEPS)
        write_table(place / "moves.csv", "scenario,step,BTC,ETH",
                    [(s, k + 1, *map(repr, map(float, moves[s, k])))
                     for s, k in np.ndindex(cls.SCENARIOS, cls.STEPS)])
        run(place, "run", "--book", "book.h5", "--market", "market.h5", "--rules", "first.toml",
            "second.toml", "--moves", "moves.csv", "--tails", "all", "--out", "out")
        cls.result = h5py.File(place / "out" / "results.h5")
        cls.pools, cls.account_class, cls.classes = read_pools(place / "book.h5")
        levels = np.cumprod(1 + moves, axis=1)
        cls.prices = [[PRICE | {"BTC": PRICE["BTC"] * b, "ETH": PRICE["ETH"] * e} for b, e in path]
                      for path in levels]
        cls.expected = [cls.evaluate(rules) for rules in cls.packs]

    @classmethod
    def tearDownClass(cls):
        cls.result.close()
        cls.folder.cleanup()

    @classmethod
    def evaluate(cls, rules):
        """Per pool: margin tonight, first step in breach, shortfall and loss per scenario."""
        share_tiers(cls.pools, rules)
        found = []
        for pool in cls.pools:
            today = pool.margin(PRICE, rules)
            excess = np.array([[pool.margin(price, rules)[2] for price in path] for path in cls.prices])
            assert np.abs(excess).min() > 1e-6, "a cell too near to zero for a comparison of signs"
            below = excess < 0
            step = np.where(below.any(axis=1), below.argmax(axis=1) + 1, 0)
            short = np.where(step > 0, -excess[np.arange(len(step)), step - 1], 0.0)
            loss = today[2] - excess.min(axis=1)
            if pool.isolated:
                put_in = sum(pool.value(asset, PRICE, rules) for asset in pool.assets())
                loss = np.minimum(loss, max(put_in, 0.0))
            found.append({"today": today, "step": step, "loss": np.array([ticks_up(x) for x in loss]),
                          "short": np.array([ticks_up(x) for x in short])})
        return found

    def column(self, name):
        return self.result[name][:]

    def close(self, got, wanted, ticks=1.5):
        self.assertAlmostEqual(got, wanted, delta=ticks * TICK + 1e-11 * abs(wanted))

    def test_the_book_is_interesting(self):
        for expected in self.expected:
            breaching = sum((pool["step"] > 0).any() for pool in expected)
            self.assertGreater(breaching, 20)
            self.assertLess(breaching, len(self.pools) - 5)
            self.assertEqual(len({step for pool in expected for step in pool["step"]}), self.STEPS + 1)
        self.assertTrue(any((a["step"] != b["step"]).any() for a, b in zip(*self.expected)))

    @for_each_pool
    def test_tonight(self, p, i, pool):
        for name, wanted in zip(("equity", "requirement", "excess"), pool["today"]):
            self.close(self.column("pools/" + name)[p, i], wanted, 1e-4)
        worths = [self.pools[i].worth(position, PRICE) for position in self.pools[i].positions]
        self.close(self.column("pools/net_exposure")[p, i], sum(worths), 1e-4)
        self.close(self.column("pools/gross_exposure")[p, i], sum(map(abs, worths)), 1e-4)
        equity, need, _ = pool["today"]
        for name, part in (("margin_ratio", need), ("leverage", sum(map(abs, worths)))):
            wanted = part / equity if equity > 0 else math.inf
            got = self.column("pools/" + name)[p, i]
            self.assertTrue(got == wanted or abs(got - wanted) < 1e-9 * wanted, (got, wanted))

    def test_value_says_the_same(self):
        """One CSV table and one JSON document, whatever the number of packs."""
        asked = ["value", "--book", "book.h5", "--market", "market.h5", "--rules", "first.toml",
                 "second.toml", "--format"]
        rows = list(csv.DictReader(io.StringIO(run(self.place, *asked, "csv"))))
        packs = json.loads(run(self.place, *asked, "json"))["packs"]
        self.assertEqual([pack["rules"] for pack in packs], list(self.result["axes/pack"].asstr()))
        told = [{"rules": pack["rules"]} | pool for pack in packs for pool in pack["pools"]]
        self.assertEqual(len(rows), len(self.packs) * len(self.pools))
        for row, pool, excess in zip(rows, told, self.column("pools/excess").ravel(), strict=True):
            self.assertEqual((row["rules"], row["pool"]), (pool["rules"], pool["pool"]))
            self.assertEqual((float(row["excess"]), pool["excess"]), (excess, excess))

    @for_each_pool
    def test_breaches_passages_and_intervals(self, p, i, pool):
        hits = int((pool["step"] > 0).sum())
        self.assertEqual(self.column("pools/breaches")[p, i], hits)
        self.assertEqual(self.column("pools/probability")[p, i], hits / self.SCENARIOS)
        wanted = [(pool["step"] == k).sum() for k in range(1, self.STEPS + 1)]
        self.assertEqual(list(self.column("pools/first_passages")[p, i]), wanted)
        low, high = wilson(hits, self.SCENARIOS)
        self.assertAlmostEqual(self.column("pools/low")[p, i], low, delta=1e-12)
        self.assertAlmostEqual(self.column("pools/high")[p, i], high, delta=1e-12)

    @for_each_pool
    def test_shortfalls_to_the_tick(self, p, i, pool):
        worst = self.column("pools/worst_scenario")[p, i]
        ticks = self.column("pools/worst_shortfall_ticks")[p, i]
        hits = (pool["step"] > 0).sum()
        if hits == 0:
            self.assertEqual((worst, ticks), (-1, 0))
            return
        self.assertEqual(worst, pool["short"].argmax())
        self.assertLessEqual(abs(int(ticks) - int(pool["short"].max())), 1)
        self.close(self.column("pools/mean_shortfall")[p, i], pool["short"].sum() * TICK / hits)

    @for_each_pool
    def test_tails(self, p, i, pool):
        ordered = np.sort(pool["loss"])[::-1]
        for at, level in enumerate((990, 995)):
            count = -(-self.SCENARIOS * (1000 - level) // 1000)
            self.close(self.column("pools/value_at_risk")[p, i, at], ordered[count - 1] * TICK)
            self.close(self.column("pools/expected_shortfall")[p, i, at],
                       ordered[:count].mean() * TICK)

    def test_scenarios(self):
        for p, expected in enumerate(self.expected):
            hit = np.array([pool["step"] > 0 for pool in expected])
            self.assertEqual(list(self.column("scenarios/pools_in_breach")[p]), list(hit.sum(axis=0)))
            account = np.array([pool.account for pool in self.pools])
            of_accounts = np.array([hit[account == a].any(axis=0) for a in range(len(self.account_class))])
            self.assertEqual(list(self.column("scenarios/accounts_in_breach")[p]),
                             list(of_accounts.sum(axis=0)))
            self.assertEqual(list(self.column("accounts/breaches")[p]), list(of_accounts.sum(axis=1)))
            short = np.array([pool["short"] for pool in expected])
            high = self.column("scenarios/shortfall_high")[p]
            low = self.column("scenarios/shortfall_low")[p]
            for c in range(len(self.classes)):
                wanted = short[self.account_class[account] == c].sum(axis=0)
                got = [int(h) * 2**64 + int(l) for h, l in zip(high[:, c], low[:, c])]
                self.assertLessEqual(max(abs(g - int(w)) for g, w in zip(got, wanted)), len(self.pools))
                shown = self.column("scenarios/shortfall")[p, :, c]
                self.assertEqual(list(shown), [g / 10000 for g in got])

    def test_accounts_and_firm(self):
        account = np.array([pool.account for pool in self.pools])
        for p, expected in enumerate(self.expected):
            hits = np.array([(pool["step"] > 0).sum() for pool in expected])
            summed = np.array([pool["short"].sum() for pool in expected])
            for a, worst in enumerate(self.column("accounts/worst_pool")[p]):
                mine = np.flatnonzero(account == a)
                best = max(mine, key=lambda i: (hits[i], summed[i], -i))
                self.assertEqual(worst, best)
            self.assertEqual(self.column("firm/breaching_cells")[p], hits.sum())
            self.assertEqual(self.column("firm/flagged_pools")[p], (hits > 0).sum())
            self.assertEqual(self.column("firm/undefined_cells")[p], 0)
            self.assertEqual(self.column("firm/asset_breaches")[p].sum(), hits.sum())
            totals = np.sort(sum(pool["short"] for pool in expected))[::-1]
            curve = zip(self.column("firm/exceedance_probability"),
                        self.column("firm/exceedance_shortfall")[p])
            for probability, shortfall in curve:
                at = round(probability * self.SCENARIOS) - 1
                self.close(shortfall, totals[at] * TICK, len(self.pools))


class DrawnRun(unittest.TestCase):
    """Drawn scenarios against numpy's Student-t: both tails, both factors, two steps, jointly."""

    SCENARIOS, STEPS, DAYS, NU, MINE = 200_000, 2, 10, 5.0, 1_000_000
    BETS = [("BTC/USDT:USDT", 1), ("BTC/USDT:USDT", -1), ("ETH/USDT:USDT", 1), ("ETH/USDT:USDT", -1)]

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        place = Path(cls.folder.name)
        make_market(place, "--degrees-of-freedom", cls.NU)
        spec = {i[0]: i for i in INSTRUMENTS}
        marks = {n: PRICE[spec[n][2]] * (1 + spec[n][5]) for n, _ in cls.BETS}
        make_book(place, [(f"bet{k}", "house") for k in range(len(cls.BETS))],
                  [(f"bet{k}", "cross", n, side * 1000 / spec[n][4], marks[n] / PRICE["USDT"])
                   for k, (n, side) in enumerate(cls.BETS)],
                  [(f"bet{k}", "cross", "USDT", 110 * marks[n] / PRICE["USDT"])
                   for k, (n, side) in enumerate(cls.BETS)])
        (place / "rules.toml").write_text(
            'name = "plain"\ndate = "2026-01-01"\nsources = ["none"]\ncounts_gains = true\n'
            '[[haircuts]]\nasset = "*"\nunit = "currency"\ntiers = [{ from = 0, haircut = 0 }]\n'
            '[[schedules]]\nname = "s"\nunit = "currency"\nbrackets = [{ floor = 0, rate = 0 }]\n'
            '[[instruments]]\nmatch = "*"\nschedule = "s"\n')
        run(place, "run", "--book", "book.h5", "--market", "market.h5", "--rules", "rules.toml",
            "--scenarios", cls.SCENARIOS, "--steps", cls.STEPS, "--horizon-days", cls.DAYS, "--tails",
            "all", "--seed", 7, "--out", "out")
        with h5py.File(place / "out" / "results.h5") as file:
            cls.result = {key: file[key][0] for key in (
                "pools/breaches", "pools/first_passages", "pools/value_at_risk",
                "scenarios/pools_in_breach", "firm/limited_draws")}
        cls.draw(marks)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def draw(cls, marks):
        rng = np.random.default_rng(1)
        shape = (cls.MINE, cls.STEPS)
        mixing = np.sqrt((cls.NU - 2) / rng.chisquare(cls.NU, shape))
        first = rng.standard_normal(shape)
        second = 0.8 * first + 0.6 * rng.standard_normal(shape)
        root = math.sqrt(cls.DAYS / 365 / cls.STEPS)
        raw = [0.6 * root * mixing * first, 0.75 * root * mixing * second]
        cls.bent = sum((np.abs(r) > 0.5).sum() for r in raw) / cls.MINE
        bound = [np.where(np.abs(r) <= 0.5, r, np.sign(r) * (0.5 + 0.5 * (x := 2 * np.abs(r) - 1) / (1 + x)))
                 for r in raw]
        factor = {"BTC": np.exp(np.cumsum(bound[0], axis=1)), "ETH": np.exp(np.cumsum(bound[1], axis=1))}
        # Per unit of a mark: cushion 0.11 (110 of 1,000 units) plus what the position gains.
        cls.excess = [0.11 + side * (factor[name[:3]] - 1) for name, side in cls.BETS]
        cls.mark = [marks[name] * 1000 for name, _ in cls.BETS]

    def agree(self, hits, probability):
        """hits in SCENARIOS against a probability from MINE draws, at five standard errors."""
        error = math.sqrt(probability * (1 - probability) * (1 / self.SCENARIOS + 1 / self.MINE))
        self.assertAlmostEqual(hits / self.SCENARIOS, probability, delta=5 * error)
        self.assertGreater(hits, 100)

    def test_breaches_and_first_passages(self):
        for k, excess in enumerate(self.excess):
            below = excess < 0
            with self.subTest(bet=self.BETS[k]):
                self.agree(self.result["pools/breaches"][k], below.any(axis=1).mean())
                self.agree(self.result["pools/first_passages"][k, 0], below[:, 0].mean())

    def test_value_at_risk(self):
        """The share of numpy's losses above the program's quantile."""
        for k, excess in enumerate(self.excess):
            loss = 0.11 - excess.min(axis=1)
            for level, quantile in zip((0.99, 0.995), self.result["pools/value_at_risk"][k]):
                with self.subTest(bet=self.BETS[k], level=level):
                    beyond = (loss > quantile / self.mark[k]).mean()
                    error = math.sqrt(level * (1 - level) * (1 / self.SCENARIOS + 1 / self.MINE))
                    self.assertAlmostEqual(beyond, 1 - level, delta=5 * error)

    def test_together(self):
        count = sum((excess < 0).any(axis=1).astype(int) for excess in self.excess)
        for pools in range(4):
            with self.subTest(pools=pools):
                self.agree((self.result["scenarios/pools_in_breach"] == pools).sum(),
                           (count == pools).mean())

    def test_limited_draws(self):
        wanted = self.bent * self.SCENARIOS
        self.assertAlmostEqual(self.result["firm/limited_draws"], wanted, delta=6 * math.sqrt(wanted) + 5)


if __name__ == "__main__":
    unittest.main()
