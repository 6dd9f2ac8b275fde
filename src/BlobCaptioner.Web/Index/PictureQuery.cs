using System.Globalization;
using BlobCaptioner.Web.Api;
using Microsoft.Data.Sqlite;

namespace BlobCaptioner.Web.Index;

/// <summary>A filter and an order. A null property does not filter.</summary>
internal sealed record PictureQuery
{
    public PictureState? State { get; init; }

    /// <summary>A folder, ending in a slash.</summary>
    public string? Folder { get; init; }

    /// <summary>A whole flag, or one without its field.</summary>
    public string? Flag { get; init; }

    public string? Language { get; init; }

    /// <summary>Words to find in name, copy or attributes.</summary>
    public string? Text { get; init; }

    /// <summary>True orders by upload time, newest first; false by name.</summary>
    public bool NewestFirst { get; init; }
}

/// <summary>A query as SQL conditions over <c>pictures p</c>. Values from visitors are parameters, never SQL text.</summary>
internal sealed class FilterSql
{
    // A trigram index finds words of three characters or more.
    private const int ShortestIndexed = 3;

    private readonly List<(string Name, object Value)> _parameters = [];

    public FilterSql(PictureQuery query, IReadOnlyDictionary<string, PictureState> live)
    {
        var conditions = new List<string> { "1 = 1" };
        if (query.Folder is { Length: > 0 } folder)
        {
            conditions.Add("p.name >= $folder AND p.name < $folderEnd");
            Add("$folder", folder);

            // '0' follows '/'. No character above all others would do: SQLite compares UTF-8, where emoji come after U+FFFF.
            Add("$folderEnd", folder.TrimEnd('/') + '0');
        }

        if (query.Flag is { Length: > 0 } flag)
        {
            conditions.Add("p.id IN (SELECT id FROM flags WHERE flag IN ($flag, '=' || $flag))");
            Add("$flag", flag);
        }

        if (query.Language is { Length: > 0 } language)
        {
            conditions.Add("p.id IN (SELECT id FROM languages WHERE language = $language)");
            Add("$language", language);
        }

        foreach (var (i, word) in (query.Text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(8).Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"$word{i}");
            if (word.EnumerateRunes().Count() >= ShortestIndexed)
            {
                conditions.Add($"p.id IN (SELECT rowid FROM texts WHERE texts MATCH {name})");
                Add(name, $"\"{word.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
            }
            else
            {
                conditions.Add($"p.id IN (SELECT rowid FROM texts WHERE instr(lower(text), lower({name})) > 0)");
                Add(name, word);
            }
        }

        ExceptState = string.Join(" AND ", conditions);
        State = Overlay(live);
        All = query.State is { } state ? $"{ExceptState} AND {State} = '{state}'" : ExceptState;
    }

    /// <summary>All conditions except the one on the state.</summary>
    public string ExceptState { get; }

    /// <summary>All conditions.</summary>
    public string All { get; }

    /// <summary>The state of a row: what happens to the picture now, or what the index holds.</summary>
    public string State { get; }

    public SqliteCommand Command(SqliteConnection connection, string sql) => RecordIndex.Command(connection, sql, [.. _parameters]);

    // A worker has only a few pictures in work at a time.
    private string Overlay(IReadOnlyDictionary<string, PictureState> live)
    {
        if (live.Count == 0)
        {
            return "p.state";
        }

        var cases = new List<string>();
        foreach (var (i, (name, state)) in live.Index())
        {
            var parameter = string.Create(CultureInfo.InvariantCulture, $"$live{i}");
            cases.Add($"WHEN {parameter} THEN '{state}'");
            Add(parameter, name);
        }

        return $"(CASE p.name {string.Join(' ', cases)} ELSE p.state END)";
    }

    private void Add(string name, object value) => _parameters.Add((name, value));
}
