using System.Collections.Concurrent;
using BlobCaptioner.Tests.Cli;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>Worker processes that are started again whenever they end, as a container platform would.</summary>
internal sealed class ChaosCrew : IAsyncDisposable
{
    private const string KeyVariable = "CHAOS_WORKER";

    private readonly string _folder;
    private readonly ChaosModel _model;
    private readonly string[] _arguments;
    private readonly Member[] _members;
    private readonly List<Member> _all = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly Task _keeping;
    private int _started;

    /// <summary>Starts them.</summary>
    public ChaosCrew(string folder, string connection, ChaosModel model, ChaosOptions options)
    {
        (_folder, _model, _members) = (folder, model, new Member[options.Workers]);
        _arguments =
        [
            "work", "--connection", connection, "--json", "--profile", "sample",
            "--server", model.Address, "--server-model", "stub", "--server-key-env", KeyVariable, "--server-concurrency", $"{options.Concurrency}",
            "--prefetch", "3", "--lease-seconds", FormattableString.Invariant($"{options.Lease.TotalSeconds}"), "--poll-seconds", "0.3", "--tries", "50",
        ];
        _keeping = Task.WhenAll(Enumerable.Range(0, options.Workers).Select(KeepAsync));
    }

    /// <summary>Workers killed.</summary>
    public int Killed { get; private set; }

    /// <summary>Model calls that the killed ones had open.</summary>
    public int OpenCalls { get; private set; }

    /// <summary>Workers that ended before they had started.</summary>
    public int NeverStarted { get; private set; }

    /// <summary>Workers that ended by themselves after they had started, and such as did not end well at Ctrl-C.</summary>
    public IReadOnlyList<string> Problems => [.. _problems];

    /// <summary><c>kill -9</c> for one of them: one that waits for the model, if any does.</summary>
    public async Task KillOneAsync(Random random)
    {
        var atWork = _members.Where(m => _model.OpenOf(m.Name) > 0).ToArray();
        var victim = random.GetItems(atWork.Length > 0 ? atWork : _members, 1)[0];
        victim.IsKilled = true;
        OpenCalls += _model.OpenOf(victim.Name);
        Killed++;
        await victim.Process.KillAsync();
    }

    /// <summary>Ctrl-C for all; each must end well.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        foreach (var member in _members)
        {
            // One may still be starting: stopped then, it says so and returns 1.
            await Eventually.TrueAsync(() => Task.FromResult(member.HasStarted || member.Process.HasExited), $"{member.Name} has started");
            if (member.IsKilled || !member.HasStarted)
            {
                continue;
            }

            await member.Process.InterruptAsync();
            var ended = await member.Process.EndAsync();
            if (ended.ExitCode != 0)
            {
                _problems.Enqueue($"{member.Name} returned {ended.ExitCode} at Ctrl-C: {ended.Errors}");
            }
        }

        await _keeping;
    }

    /// <summary>What the workers wrote about a picture, for a person who looks for the reason.</summary>
    public IEnumerable<string> LinesAbout(string name) =>
        from member in _all
        from line in member.Process.Output
        where line.Contains($"\"name\":\"{name}\"", StringComparison.Ordinal)
        select $"{member.Name}: {line[..Math.Min(line.Length, 300)]}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var member in _members.Where(m => !m.Process.HasExited))
        {
            await member.Process.KillAsync();
        }

        await _keeping;
        foreach (var member in _all)
        {
            await member.Process.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task KeepAsync(int slot)
    {
        while (!_stop.IsCancellationRequested)
        {
            var member = Start();
            _members[slot] = member;
            if (_stop.IsCancellationRequested)
            {
                member.IsKilled = true;
                await member.Process.KillAsync();
            }

            await member.Process.Ended;
            if (member.IsKilled || _stop.IsCancellationRequested)
            {
                continue;
            }

            if (member.HasStarted)
            {
                _problems.Enqueue($"{member.Name} ended by itself: {member.Process.Errors}");
            }
            else
            {
                NeverStarted++;
            }
        }
    }

    private Member Start()
    {
        var name = $"worker-{Interlocked.Increment(ref _started)}";
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { [KeyVariable] = name };
        var member = new Member(name, CaptionerProcess.Start(_folder, environment, _arguments));
        lock (_all)
        {
            _all.Add(member);
        }

        return member;
    }

    private sealed class Member(string name, CaptionerProcess process)
    {
        private volatile bool _isKilled;

        public string Name => name;

        public CaptionerProcess Process => process;

        public bool IsKilled
        {
            get => _isKilled;
            set => _isKilled = value;
        }

        public bool HasStarted => process.Output.Any(l => l.Contains("Working on", StringComparison.Ordinal));
    }
}
