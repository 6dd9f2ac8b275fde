using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>What the store, the model and the journal of tickets say after a run.</summary>
internal sealed class ChaosVerdict
{
    // More of the same helps nobody.
    private const int MostProblems = 20;

    private readonly ConcurrentQueue<string> _problems = new();
    private int _lost;
    private int _twice;
    private int _repeated;
    private int _ranOut;

    private ChaosVerdict()
    {
    }

    /// <summary>Pictures without a good record.</summary>
    public int Lost => _lost;

    /// <summary>Pictures that the model was asked about more often than leases that ran out explain.</summary>
    public int Twice => _twice;

    /// <summary>Model calls beyond one a picture.</summary>
    public int Repeated => _repeated;

    /// <summary>Leases that ran out.</summary>
    public int RanOut => _ranOut;

    /// <summary>What is wrong.</summary>
    public IReadOnlyList<string> Problems => [.. _problems.Take(MostProblems)];

    /// <summary>Looks at each record and each call.</summary>
    public static async Task<ChaosVerdict> ReachAsync(
        BlobContainerClient images, ChaosOptions options, ChaosModel model, TicketJournal journal, ChaosCrew crew, CancellationToken cancellationToken)
    {
        var verdict = new ChaosVerdict();
        var calls = model.Calls.ToLookup(c => c.Picture, StringComparer.Ordinal);
        var answers = model.Calls.ToDictionary(ChaosModel.TitleOf, StringComparer.Ordinal);
        var owners = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(Enumerable.Range(0, options.Pictures), cancellationToken, async (number, stop) =>
        {
            var name = ChaosRun.NameOf(number);
            if (await TitleAsync(images, name, stop) is not { } title)
            {
                Interlocked.Increment(ref verdict._lost);
                verdict.Add($"'{name}' has no record of its own that says described.", name, crew);
            }
            else if (!answers.TryGetValue(title, out var answer))
            {
                verdict.Add($"'{name}' has the title '{title}', which no model gave.", name, crew);
            }
            else if (owners.GetOrAdd(answer.Picture, name) is var owner && owner != name)
            {
                verdict.Add($"'{name}' and '{owner}' have answers to the same picture.", name, crew);
            }
            else
            {
                verdict.Count(name, [.. calls[answer.Picture]], journal.StoryOf(name), crew);
            }
        });
        return verdict;
    }

    private void Count(string name, IReadOnlyList<ModelCall> calls, TicketStory story, ChaosCrew crew)
    {
        Interlocked.Add(ref _repeated, calls.Count - 1);
        Interlocked.Add(ref _ranOut, story.RanOut);
        if (story.TooEarly > 0)
        {
            Add($"The ticket of '{name}' was taken {story.TooEarly} times before its holder's lease ran out.", name, crew);
        }

        if (calls.Count > 1 + story.RanOut)
        {
            Interlocked.Increment(ref _twice);
            var by = string.Join(", ", calls.Select(c => $"{c.Number} by {c.Worker}{(c.IsAnswered ? "" : " (no answer)")}"));
            Add($"'{name}' was described {calls.Count} times, though only {story.RanOut} leases ran out ({story.Freed} holds were handed back): calls {by}.", name, crew);
        }
    }

    private void Add(string problem, string name, ChaosCrew crew) =>
        _problems.Enqueue(string.Join("\n                      ", [problem, .. crew.LinesAbout(name)]));

    /// <summary>The English title of a picture's record; null if there is none, or it doesn't say <c>described</c>.</summary>
    private static async Task<string?> TitleAsync(BlobContainerClient images, string name, CancellationToken cancellationToken)
    {
        try
        {
            var content = await images.GetBlobClient(name + ".json").DownloadContentAsync(cancellationToken);
            using var document = JsonDocument.Parse(content.Value.Content);
            var record = document.RootElement;
            return record.GetProperty("status").GetString() == "described" && record.GetProperty("image").GetProperty("name").GetString() == name
                ? record.GetProperty("copy").GetProperty("en").GetProperty("title").GetString()
                : null;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }
}
