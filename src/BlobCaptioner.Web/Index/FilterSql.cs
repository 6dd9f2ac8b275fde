using System.Globalization;
using BlobCaptioner.Web.Api;
using Microsoft.Data.Sqlite;

namespace BlobCaptioner.Web.Index;

/// <summary>A query as conditions over <c>pictures p</c>. What visitors send are parameters, never text.</summary>
internal sealed class FilterSql
{
    // A trigram index finds three characters and more.
    private const int ShortestIndexed = 3;

    private readonly List<(string Name, object Value)> _parameters = [];

    public FilterSql(PictureQuery query, IReadOnlyDictionary<string, PictureState> live)
    {
        var conditions = new List<string> { "1 = 1" };
        if (query.Folder is { Length: > 0 } folder)
        {
            conditions.Add("p.name >= $folder AND p.name < $folderEnd");
            Add("$folder", folder);
            Add("$folderEnd", folder + char.MaxValue);
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

        ButState = string.Join(" AND ", conditions);
        State = Overlay(live);
        All = query.State is { } state ? $"{ButState} AND {State} = '{state}'" : ButState;
    }

    /// <summary>All conditions but that on the state.</summary>
    public string ButState { get; }

    /// <summary>All conditions.</summary>
    public string All { get; }

    /// <summary>The state of a row, those under way included.</summary>
    public string State { get; }

    public SqliteCommand Command(SqliteConnection connection, string sql) => RecordIndex.Command(connection, sql, [.. _parameters]);

    // Few are under way at a time: as many as a worker takes.
    private string Overlay(IReadOnlyDictionary<string, PictureState> live)
    {
        if (live.Count == 0)
        {
            return "p.state";
        }

        var ways = new List<string>();
        foreach (var (i, (name, state)) in live.Index())
        {
            var parameter = string.Create(CultureInfo.InvariantCulture, $"$live{i}");
            ways.Add($"WHEN {parameter} THEN '{state}'");
            Add(parameter, name);
        }

        return $"(CASE p.name {string.Join(' ', ways)} ELSE p.state END)";
    }

    private void Add(string name, object value) => _parameters.Add((name, value));
}
