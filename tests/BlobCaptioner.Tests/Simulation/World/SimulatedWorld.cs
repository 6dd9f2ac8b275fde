using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Simulation.Scheduling;
using JobTickets = BlobCaptioner.Pipeline.Tickets;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>
/// A shop in a simulated run: its storage, its processes, what people and platforms do to them, and what must hold. After the plan's time all faults end, a worker and a
/// sweep every five minutes go on, and everything must come to rest.
/// </summary>
internal sealed class SimulatedWorld
{
    public const int MaxTries = 3;
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private const string View = "color";
    private readonly List<PlannedFault> _occurred = [];
    private readonly Dictionary<(string, int), Fault>? _faults;
    private readonly Dictionary<string, Queue<ModelTrouble>> _troubles = new(StringComparer.Ordinal);
    private readonly Profile[] _profiles;
    private int _profile;
    private DateTimeOffset _outageEnds;
    private DateTimeOffset _refusalEnds;
    private Fault _refusal;

    public SimulatedWorld(WorldPlan plan, bool keepsLog)
    {
        Plan = plan;
        Log = new(keepsLog);
        Loop = new(new(plan.Seed), Start) { Fate = FateOf, OnApplied = Applied, OnEnded = Ended };
        Loop.Store.Queues.Disorder = plan.Disorder;
        Loop.Store.Create(Names);
        _faults = plan.Faults?.ToDictionary(f => (f.Process, f.Ordinal), f => f.Fault);
        _profiles = [ProfileOf(plan, "Write it."), ProfileOf(plan, "Write it anew.")];
        Calls = new(this);
        Tickets = new(this);
        Pictures = new(this);
        Staff = new(this);
        Events = new(this);
    }

    public WorldPlan Plan { get; }

    public SimulationLoop Loop { get; }

    public RunLog Log { get; }

    public CallLedger Calls { get; }

    public TicketWatch Tickets { get; }

    public PictureLedger Pictures { get; }

    /// <summary>The processes.</summary>
    public Staff Staff { get; }

    /// <summary>The intake's triggers.</summary>
    public EventTrigger Events { get; }

    public StorageOptions Names { get; } = new() { OutageTolerance = TimeSpan.FromMinutes(3) };

    /// <summary>The profile of now.</summary>
    public Profile Basis => _profiles[_profile];

    /// <summary>What was broken first; null while everything holds.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>The faults that were drawn.</summary>
    public IReadOnlyList<PlannedFault> Occurred => _occurred;

    /// <summary>True once faults and actions have ended.</summary>
    public bool IsHealing { get; private set; }

    /// <summary>Runs the plan.</summary>
    public Violation? Run()
    {
        try
        {
            // Some are planned a moment after another one, which may be beyond the end.
            foreach (var action in Plan.Actions.Where(a => a.At < Plan.Length))
            {
                Loop.At(Start + action.At, () => new ActionRun(this, action).Do());
            }

            if (Plan.HasBallast)
            {
                Loop.Store.Queues.Add(Names.CaptionsQueue, "ballast", Start + TimeSpan.FromDays(300));
            }

            Loop.Run(Start + Plan.Length, () => Violation is not null);
            if (Violation is null)
            {
                IsHealing = true;
                _troubles.Clear();
                Note("", "faults and actions end");
                new Healing(this).Run();
            }
        }
        catch (SimulationEscapeException escape)
        {
            Violate("escaped", escape.Message);
        }
        catch (NotSupportedException unknown)
        {
            Violate("unknown-request", unknown.Message);
        }

        return Violation;
    }

    /// <summary>Notes that something must never be so. The run ends.</summary>
    public void Violate(string kind, string what)
    {
        if (Violation is null)
        {
            Log.IsPaused = false;
            Violation = new(kind, what, Loop.Now - Start);
            Note("", $"!! {kind}: {what}");
        }
    }

    public void Note(string who, string what) => Log.Add(Loop.Now - Start, who, what);

    public void ChangeProfile()
    {
        _profile = 1 - _profile;
        Pictures.AllChanged();
    }

    public void BeginOutage(TimeSpan length)
    {
        _outageEnds = Loop.Now + length;
        if (length > Names.OutageTolerance / 2)
        {
            Staff.All.ForEach(Calls.Refused);
        }
    }

    /// <summary>The identity can't sign in, or isn't allowed to do anything.</summary>
    public void BeginRefusal(Fault refusal, TimeSpan length)
    {
        (_refusal, _refusalEnds) = (refusal, Loop.Now + length);
        Staff.All.ForEach(Calls.Refused);
    }

    public void AddTrouble(string name, ModelTrouble trouble, int times)
    {
        var troubles = _troubles.TryGetValue(name, out var found) ? found : _troubles[name] = new();
        for (; times > 0; times--)
        {
            troubles.Enqueue(trouble);
        }
    }

    public ModelTrouble TakeTrouble(string name) => _troubles.TryGetValue(name, out var troubles) && troubles.TryDequeue(out var trouble) ? trouble : ModelTrouble.None;

    /// <summary>Somebody may act on a picture just while the model is at it, the more likely the longer that takes.</summary>
    public void Meddle(ModelCall call, Dice dice, TimeSpan duration)
    {
        if (Plan.HasMeddling && !IsHealing && dice.Chance(duration > Staff.QueueOptions.Lease ? 0.8 : 0.3))
        {
            var at = Loop.Now + (duration * dice.Fraction());
            var number = Enumerable.Range(0, Plan.Pictures).FirstOrDefault(n => call.Name.StartsWith(Pictures.PictureName(n).Split('-', '.')[0], StringComparison.Ordinal));
            var meddling = new PlannedAction(at - Start, dice.Pick(ActionKinds.Meddling), number + (Plan.Pictures * dice.Below(100)));
            if (meddling.At < Plan.Length)
            {
                Loop.At(at, () => new ActionRun(this, meddling).Do());
            }
        }
    }

    /// <summary>The folders' settings: none, apart from the SKU in a name.</summary>
    public ValueTask<ResolvedProfile> ResolveAsync(string imageName, Profile basis, string? profileOverride, CancellationToken cancellationToken) =>
        new(ResolvedProfile.Of(basis, facts: null, Plan.HasProducts ? imageName.Split('-')[0] : null));

    /// <summary>The name of what a request asks the model about.</summary>
    public string NameOf(CaptionRequest request)
    {
        var image = request.Images[0].Name;
        return Plan.HasProducts && request.Profile.Fields.All(f => f.Name != View) ? ProductRecords.NameFor(image, image.Split('-')[0]) : image;
    }

    /// <summary>What a call of the model is for: two calls with the same key are one too many.</summary>
    public string KeyOf(string name, CaptionRequest request, Ticket? ticket) =>
        $"{name}|{Pictures.EpochOf(name)}|{string.Join(',', request.Images.Select(i => i.Name))}|{Encoding.UTF8.GetString(request.Images[0].Jpeg.Span)}|{request.Profile.Version}|{ticket?.Want.Redo}";

    private static Profile ProfileOf(WorldPlan plan, string instruction) => new()
    {
        Name = "shop",
        Instruction = instruction,
        Fields =
        [
            new() { Name = View, Kind = FieldKind.Text, IsAttribute = true, PerView = true },
            new() { Name = "title", Kind = FieldKind.Text },
            new() { Name = "description", Kind = FieldKind.Text },
        ],
        Grouping = plan.HasProducts ? ProfileGrouping.Sku : ProfileGrouping.None,
        ImageTokenBudget = 64,
    };

    private RequestFate FateOf(PendingRequest request)
    {
        var dice = request.Dice;
        if (request.Request.Method == Azure.Core.RequestMethod.Put && request.Request.Uri.Path.Contains(JobTickets.Folder, StringComparison.Ordinal))
        {
            Tickets.Attempted(request.Process, request.Request.Path().Others);
        }

        if (IsHealing)
        {
            return RequestFate.Prompt(dice);
        }

        var fault = Loop.Now < _outageEnds && dice.Chance(0.95) ? dice.Pick([Fault.Busy, Fault.Busy, Fault.CutBefore, Fault.CutAfter, Fault.Silent])
            : Loop.Now < _refusalEnds && dice.Chance(0.8) ? _refusal
            : _faults is not null ? _faults.GetValueOrDefault((request.Process.Name, request.Ordinal))
            : dice.Chance(Plan.FaultRate) ? dice.Pick(Drawn)
            : Fault.None;
        if (fault != Fault.None && Loop.Now >= _outageEnds && Loop.Now >= _refusalEnds)
        {
            _occurred.Add(new(request.Process.Name, request.Ordinal, fault));
        }

        if (fault == Fault.Forbidden)
        {
            Calls.Refused(request.Process);
        }

        var prompt = RequestFate.Prompt(dice);
        return dice.Below(100) switch
        {
            < 92 => prompt with { Fault = fault },
            < 98 => new(fault, dice.Between(TimeSpan.Zero, TimeSpan.FromSeconds(1)), dice.Between(TimeSpan.Zero, TimeSpan.FromSeconds(1))),
            _ => new(fault, dice.Between(TimeSpan.Zero, TimeSpan.FromSeconds(9)), dice.Between(TimeSpan.Zero, TimeSpan.FromSeconds(9))),
        };
    }

    private static readonly Fault[] Drawn =
    [
        Fault.CutBefore, Fault.CutBefore, Fault.CutAfter, Fault.CutAfter, Fault.CutAfter, Fault.Silent, Fault.Forbidden, Fault.Busy, Fault.SignIn, Fault.DieBefore, Fault.DieAfter, Fault.DieAfter,
    ];

    private void Applied(PendingRequest request)
    {
        if (request.Status is < 200 or >= 300 || request.Request.IsQueue)
        {
            return;
        }

        var method = request.Request.Method;
        if (method == Azure.Core.RequestMethod.Get || method == Azure.Core.RequestMethod.Head)
        {
            return;
        }

        var (container, name) = request.Request.Path();
        if (container == Names.PreparedContainer && name.StartsWith(JobTickets.Folder, StringComparison.Ordinal))
        {
            Tickets.Changed(request, name);
        }
        else if (container == Names.ImagesContainer)
        {
            Pictures.RecordChanged(request, name);
        }
    }

    private void Ended(PendingRequest request)
    {
        Log.Add(Loop.Now - Start, request);
        if (request is { Fate.Fault: Fault.None, Status: >= 200 and < 300, Process.IsDead: false, Task.IsCompleted: false } && !request.Request.IsQueue)
        {
            var (container, name) = request.Request.Path();
            if (container == Names.PreparedContainer)
            {
                Tickets.Answered(request, name);
            }
        }
    }
}

/// <summary>Something that must never be so.</summary>
/// <param name="Kind">Which rule.</param>
/// <param name="What">What was seen.</param>
/// <param name="At">Time since the start.</param>
internal sealed record Violation(string Kind, string What, TimeSpan At);
