// SQLite at work in memory: tables filled through prepared statements, indexes, joins, grouping,
// text search, updates, deletions, triggers, recursion and a transaction that is rolled back. The
// library is the one of Debian's source package, unchanged; it has no operating system below it
// here, so that every platform does the same work.
#include <stdarg.h>

#include "bench.h"
#include "sqlite3.h"

// ---- what SQLite asks its platform for: no files, no clock, fixed random numbers ----------------

static int open_no_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                        int* out) {
  (void)vfs, (void)name, (void)flags, (void)out;
  file->pMethods = NULL;
  return SQLITE_CANTOPEN;
}

static int delete_no_file(sqlite3_vfs* vfs, const char* name, int sync) {
  (void)vfs, (void)name, (void)sync;
  return SQLITE_OK;
}

static int access_no_file(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  (void)vfs, (void)name, (void)flags;
  *result = 0;
  return SQLITE_OK;
}

static int full_path(sqlite3_vfs* vfs, const char* name, int size, char* result) {
  (void)vfs;
  sqlite3_snprintf(size, result, "%s", name);
  return SQLITE_OK;
}

static int fixed_random(sqlite3_vfs* vfs, int size, char* result) {
  (void)vfs;
  for (int i = 0; i < size; i++) result[i] = (char)(i * 37 + 11);
  return size;
}

static int no_sleep(sqlite3_vfs* vfs, int microseconds) { return (void)vfs, microseconds; }

static int fixed_time(sqlite3_vfs* vfs, double* days) {
  (void)vfs;
  *days = 2460000.5;
  return SQLITE_OK;
}

static int last_error(sqlite3_vfs* vfs, int size, char* text) {
  (void)vfs, (void)size, (void)text;
  return 0;
}

int sqlite3_os_init(void) {
  static sqlite3_vfs vfs = {.iVersion = 1,
                            .szOsFile = sizeof(sqlite3_file),
                            .mxPathname = 64,
                            .zName = "none",
                            .xOpen = open_no_file,
                            .xDelete = delete_no_file,
                            .xAccess = access_no_file,
                            .xFullPathname = full_path,
                            .xRandomness = fixed_random,
                            .xSleep = no_sleep,
                            .xCurrentTime = fixed_time,
                            .xGetLastError = last_error};
  return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void) { return SQLITE_OK; }

// ---- statements ---------------------------------------------------------------------------------

static sqlite3* database;
static uint64_t hash = 0xcbf29ce484222325ULL;
static long rows_seen;

static void fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
  exit(1);
}

static sqlite3_stmt* prepare(const char* text) {
  sqlite3_stmt* statement;
  if (sqlite3_prepare_v2(database, text, -1, &statement, NULL) != SQLITE_OK) fail(text);
  return statement;
}

// Runs a statement to its end; what its rows say goes into the hash.
static void run(sqlite3_stmt* statement) {
  int result;
  while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
    rows_seen++;
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
      const unsigned char* text = sqlite3_column_text(statement, i);
      for (; text && *text; text++) hash = (hash ^ *text) * 0x100000001b3ULL;
      hash = (hash ^ '|') * 0x100000001b3ULL;
    }
  }
  if (result != SQLITE_DONE) fail(sqlite3_sql(statement));
  sqlite3_reset(statement);
}

static void query(const char* text) {
  sqlite3_stmt* statement = prepare(text);
  run(statement);
  sqlite3_finalize(statement);
}

static void query_with(sqlite3_stmt* statement, int count, ...) {
  va_list values;
  va_start(values, count);
  for (int i = 1; i <= count; i++) sqlite3_bind_int(statement, i, va_arg(values, int));
  va_end(values);
  run(statement);
}

// A number in words, so that there is text to compare, search and sort.
static void in_words(char* out, unsigned number) {
  static const char* const digits[] = {"nought", "one", "two",   "three", "four",
                                       "five",   "six", "seven", "eight", "nine"};
  char* at = out;
  do {
    if (at != out) *at++ = ' ';
    at += sprintf(at, "%s", digits[number % 10]);
    number /= 10;
  } while (number);
}

static void fill(int rows) {
  uint64_t random = 42;
  char words[64];
  query("create table customer(id integer primary key, name text, region integer)");
  query(
      "create table sale(id integer primary key, customer integer, amount real, day integer, note "
      "text)");
  query("create table audit(sale integer, before real, after real)");
  query(
      "create trigger noted after update of amount on sale begin"
      " insert into audit values(old.id, old.amount, new.amount); end");
  query("begin");
  sqlite3_stmt* customer = prepare("insert into customer values(?, ?, ?)");
  for (int i = 0; i < rows / 10 + 1; i++) {
    in_words(words, (unsigned)(bench_random(&random) % 100000));
    sqlite3_bind_int(customer, 1, i);
    sqlite3_bind_text(customer, 2, words, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(customer, 3, (int)(bench_random(&random) % 7));
    run(customer);
  }
  sqlite3_finalize(customer);
  sqlite3_stmt* sale = prepare("insert into sale values(?, ?, ?, ?, ?)");
  for (int i = 0; i < rows; i++) {
    in_words(words, (unsigned)(bench_random(&random) % 10000000));
    sqlite3_bind_int(sale, 1, i);
    sqlite3_bind_int(sale, 2, (int)(bench_random(&random) % (unsigned)(rows / 10 + 1)));
    sqlite3_bind_double(sale, 3, (double)(bench_random(&random) % 100000) / 4);
    sqlite3_bind_int(sale, 4, (int)(bench_random(&random) % 365));
    sqlite3_bind_text(sale, 5, words, -1, SQLITE_TRANSIENT);
    run(sale);
  }
  sqlite3_finalize(sale);
  query("commit");
}

static void ask(int rows) {
  query("create index sale_customer on sale(customer)");
  query("create index sale_day on sale(day, amount)");
  query(
      "select region, count(*), sum(amount), max(amount) from customer"
      " join sale on sale.customer = customer.id group by region order by region");
  query(
      "select name, count(*) as sales from customer join sale on sale.customer = customer.id"
      " group by customer.id having sales > 14 order by sales desc, name limit 50");
  query("select count(*), sum(length(note)) from sale where note like '%seven one%'");
  query(
      "select day, total, rank() over (order by total desc) from"
      " (select day, sum(amount) as total from sale group by day) order by total desc, day limit "
      "20");
  query("select id, note from sale order by note, id limit 40");
  query("select count(distinct substr(note, 1, 9)), min(upper(note)) from sale");
  query("select count(*) from sale where customer in (select id from customer where region = 3)");
  query(
      "with recursive c(n, v) as (select 1, 7 union all"
      " select n + 1, (v * 1103515245 + 12345) % 2147483648 from c where n < 3000)"
      " select sum(v % 1000), max(v) from c");
  sqlite3_stmt* one = prepare("select amount, note from sale where id = ?");
  sqlite3_stmt* several =
      prepare("select count(*), sum(amount) from sale where day between ? and ? and amount > ?");
  uint64_t random = 99;
  for (int i = 0; i < rows; i++) query_with(one, 1, (int)(bench_random(&random) % (unsigned)rows));
  for (int i = 0; i < 50; i++) {
    int day = (int)(bench_random(&random) % 360);
    query_with(several, 3, day, day + 5, (int)(bench_random(&random) % 20000));
  }
  sqlite3_finalize(one);
  sqlite3_finalize(several);
}

static void change(void) {
  query("begin");
  query("update sale set amount = amount * 2 + 1 where day % 5 = 0");
  query("update customer set name = name || ' ' || region where id % 3 = 0");
  query("delete from sale where note like 'nine%' or day = 17");
  query("commit");
  query("begin");
  query("delete from sale");
  query("select count(*) from sale");
  query("rollback");
  query("select count(*), sum(after - before) from audit");
  query(
      "insert into sale select id + 10000000, customer, amount / 3, day, reverse from"
      " (select *, replace(note, 'one', '1') as reverse from sale) where day < 100");
  query("select count(*), sum(amount), sum(length(note)) from sale");
  query("pragma integrity_check");
}

int main(int argc, char** argv) {
  int rows = (int)bench_size(argc, argv, 100);
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) fail("open");
  fill(rows);
  ask(rows);
  change();
  printf("%ld rows, %016llx\n", rows_seen, (unsigned long long)hash);
  return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
