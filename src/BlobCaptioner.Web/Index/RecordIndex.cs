using System.Globalization;
using System.Text.Json;
using BlobCaptioner.Web.Api;
using Microsoft.Data.Sqlite;

namespace BlobCaptioner.Web.Index;

/// <summary>
/// The index of the gallery, a SQLite file. The container has all of its data: a lost file costs one listing and one read for each record.
/// Any number of readers at once, one writer.
/// </summary>
internal sealed class RecordIndex : IDisposable
{
    // Version of the tables. A file of another version is made anew.
    private const int Version = 1;

    // SQLITE_CORRUPT, SQLITE_NOTADB
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private const string Schema = """
        CREATE TABLE pictures (
          id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL, etag TEXT NOT NULL, record TEXT NOT NULL, uploaded INTEGER NOT NULL, card TEXT NOT NULL);
        CREATE INDEX pictures_state ON pictures (state, name);
        CREATE INDEX pictures_uploaded ON pictures (uploaded DESC, name);
        CREATE TABLE flags (flag TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (flag, id)) WITHOUT ROWID;
        CREATE INDEX flags_id ON flags (id);
        CREATE TABLE languages (language TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (language, id)) WITHOUT ROWID;
        CREATE INDEX languages_id ON languages (id);
        CREATE VIRTUAL TABLE texts USING fts5 (text, tokenize = 'trigram');
        """;

    private readonly string _connection;
    private readonly string _path;
    private readonly string _container;
    private SqliteConnection _writer;
    private readonly Lock _writing = new();

    /// <summary>Opens or creates the file.</summary>
    /// <param name="path">The file; its folder is created.</param>
    /// <param name="container">Address of the container; an index of another container is deleted.</param>
    public RecordIndex(string path, string container)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _connection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true }.ToString();
        (_path, _container) = (path, container);
        _writer = Open(path, container);
    }

    /// <summary>True once a reader met a damaged row or page.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>True for an error that says that the file, or a row of it, is damaged, so that <see cref="Rebuild"/> helps.</summary>
    public static bool IsDamage(Exception error) => error is JsonException or InvalidCastException
        || (error is SqliteException { SqliteErrorCode: Corrupt or NotADatabase })
        || (error is SqliteException missing && missing.Message.Contains("no such table", StringComparison.Ordinal));

    /// <summary>Deletes the file and begins an empty one.</summary>
    public void Rebuild()
    {
        lock (_writing)
        {
            _writer.Dispose();
            SqliteConnection.ClearPool(_writer);
            DeleteFiles(_path);
            _writer = Open(_path, _container);
            IsDamaged = false;
        }
    }

    /// <summary>ETags of each row's image and record, by name.</summary>
    public Dictionary<string, (string ETag, string RecordETag)> Versions()
    {
        using var reader = Reader();
        return Read(Command(reader, "SELECT name, etag, record FROM pictures"), r => (Name: r.GetString(0), ETag: r.GetString(1), RecordETag: r.GetString(2)))
            .ToDictionary(r => r.Name, r => (r.ETag, r.RecordETag), StringComparer.Ordinal);
    }

    /// <summary>Adds or replaces rows.</summary>
    public void Write(IReadOnlyCollection<IndexedPicture> pictures)
    {
        lock (_writing)
        {
            using var all = _writer.BeginTransaction();
            foreach (var picture in pictures)
            {
                Remove(picture.Card.Name);
                using var insert = Command(
                    _writer,
                    "INSERT INTO pictures (name, state, etag, record, uploaded, card) VALUES ($name, $state, $etag, $record, $uploaded, $card) RETURNING id",
                    ("$name", picture.Card.Name),
                    ("$state", picture.Card.State.ToString()),
                    ("$etag", picture.ETag),
                    ("$record", picture.RecordETag),
                    ("$uploaded", picture.Card.Uploaded?.ToUnixTimeMilliseconds() ?? 0),
                    ("$card", JsonSerializer.Serialize(picture.Card, WebJson.Options)));
                var id = (long)insert.ExecuteScalar()!;
                Run("INSERT INTO texts (rowid, text) VALUES ($id, $text)", ("$id", id), ("$text", picture.Text));
                foreach (var flag in picture.Card.Flags.SelectMany(FormsOf).Distinct(StringComparer.Ordinal))
                {
                    Run("INSERT INTO flags (flag, id) VALUES ($flag, $id)", ("$flag", flag), ("$id", id));
                }

                foreach (var language in picture.Card.Languages)
                {
                    Run("INSERT OR IGNORE INTO languages (language, id) VALUES ($language, $id)", ("$language", language), ("$id", id));
                }
            }

            all.Commit();
        }
    }

    /// <summary>Deletes rows.</summary>
    public void Delete(IReadOnlyCollection<string> names)
    {
        lock (_writing)
        {
            using var all = _writer.BeginTransaction();
            foreach (var name in names)
            {
                Remove(name);
            }

            all.Commit();
        }
    }

    /// <summary>The card of a name; null if there is none.</summary>
    public PictureCard? Find(string name) => Read(reader =>
        Command(reader, "SELECT card FROM pictures WHERE name = $name", ("$name", name)).ExecuteScalar() is string card ? Card(card) : null);

    /// <summary>A page of the gallery.</summary>
    /// <param name="query">Which pictures.</param>
    /// <param name="live">States of pictures in work, by name. They replace the states of the index.</param>
    /// <param name="offset">Index of the first.</param>
    /// <param name="limit">Size of the page.</param>
    public PicturePage List(PictureQuery query, IReadOnlyDictionary<string, PictureState> live, int offset, int limit) => Read(reader =>
    {
        var filter = new FilterSql(query, live);
        var states = Read(
            filter.Command(reader, $"SELECT {filter.State}, COUNT(*) FROM pictures p WHERE {filter.ExceptState} GROUP BY 1"),
            r => (State: StateOf(r.GetString(0)), Count: r.GetInt32(1))).ToDictionary(s => s.State, s => s.Count);
        var order = query.NewestFirst ? "p.uploaded DESC, p.name" : "p.name";
        var page = filter.Command(reader, $"SELECT card FROM pictures p WHERE {filter.All} ORDER BY {order} LIMIT $limit OFFSET $offset");
        page.Parameters.AddWithValue("$limit", limit);
        page.Parameters.AddWithValue("$offset", offset);
        List<PictureCard> items = [.. Read(page, r => Card(r.GetString(0))).Select(c => live.TryGetValue(c.Name, out var now) ? c with { State = now } : c)];
        var total = query.State is { } wanted ? states.GetValueOrDefault(wanted) : states.Values.Sum();
        return new PicturePage(total, offset, items, states);
    });

    /// <summary>The values to filter by, with their counts.</summary>
    public Facets Facets() => Read(reader =>
    {
        var folders = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in Read(Command(reader, "SELECT name FROM pictures"), r => r.GetString(0)))
        {
            var folder = name[..(name.LastIndexOf('/') + 1)];
            folders[folder] = folders.GetValueOrDefault(folder) + 1;
        }

        return new Facets(
            folders,
            Counts(reader, "SELECT flag, COUNT(*) FROM flags WHERE flag NOT LIKE '=%' GROUP BY flag ORDER BY 2 DESC LIMIT 100"),
            Counts(reader, "SELECT language, COUNT(*) FROM languages GROUP BY language ORDER BY 2 DESC"));
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        SqliteConnection.ClearPool(_writer);
    }

    /// <summary>The two forms in which a flag is found: "de.title-cut" as "=de.title-cut" and as "cut".</summary>
    internal static IEnumerable<string> FormsOf(string flag)
    {
        yield return "=" + flag;
        var dash = flag.IndexOf('-', flag.IndexOf('.', StringComparison.Ordinal) + 1);
        yield return dash >= 0 ? flag[(dash + 1)..] : flag;
    }

    private static Dictionary<string, int> Counts(SqliteConnection reader, string sql) =>
        Read(Command(reader, sql), r => (Value: r.GetString(0), Count: r.GetInt32(1))).ToDictionary(r => r.Value, r => r.Count, StringComparer.Ordinal);

    private static IEnumerable<T> Read<T>(SqliteCommand command, Func<SqliteDataReader, T> row)
    {
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return row(rows);
        }
    }

    private static PictureCard Card(string json) => JsonSerializer.Deserialize<PictureCard>(json, WebJson.Options) ?? throw new JsonException("A row of the index has no card.");

    private static PictureState StateOf(string word) =>
        Enum.TryParse<PictureState>(word, out var state) ? state : throw new InvalidCastException($"A row of the index has the state '{word}'.");

    private SqliteConnection Open(string path, string container)
    {
        for (var attempt = 0; ; attempt++)
        {
            var connection = new SqliteConnection(_connection);
            try
            {
                connection.Open();
                Command(connection, "PRAGMA journal_mode = WAL").ExecuteNonQuery();
                Command(connection, "PRAGMA synchronous = NORMAL").ExecuteNonQuery();
                var version = (long)Command(connection, "PRAGMA user_version").ExecuteScalar()!;
                if (version == 0)
                {
                    Command(connection, Schema).ExecuteNonQuery();
                    Command(connection, "CREATE TABLE about (container TEXT NOT NULL)").ExecuteNonQuery();
                    Command(connection, "INSERT INTO about VALUES ($container)", ("$container", container)).ExecuteNonQuery();
                    Command(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}")).ExecuteNonQuery();
                    return connection;
                }

                if (version == Version && (string?)Command(connection, "SELECT container FROM about").ExecuteScalar() == container)
                {
                    return connection;
                }
            }
            catch (SqliteException) when (attempt == 0)
            {
                // The file is damaged or not ours. Its content can be read from the container again.
            }

            connection.Dispose();
            SqliteConnection.ClearPool(connection);
            DeleteFiles(path);
        }
    }

    private static void DeleteFiles(string path)
    {
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
        {
            File.Delete(file);
        }
    }

    private T Read<T>(Func<SqliteConnection, T> query)
    {
        try
        {
            using var reader = Reader();
            return query(reader);
        }
        catch (Exception error) when (IsDamage(error))
        {
            IsDamaged = true;
            throw;
        }
    }

    private SqliteConnection Reader()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }

    private void Remove(string name)
    {
        if (Command(_writer, "DELETE FROM pictures WHERE name = $name RETURNING id", ("$name", name)).ExecuteScalar() is long id)
        {
            Run("DELETE FROM texts WHERE rowid = $id", ("$id", id));
            Run("DELETE FROM flags WHERE id = $id", ("$id", id));
            Run("DELETE FROM languages WHERE id = $id", ("$id", id));
        }
    }

    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(_writer, sql, parameters);
        command.ExecuteNonQuery();
    }

    internal static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // the SQL is written here; values from visitors are parameters
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
