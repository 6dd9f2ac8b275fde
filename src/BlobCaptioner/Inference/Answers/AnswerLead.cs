using System.Text;
using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Inference.Answers;

/// <summary>Literal text that comes next and is not in the cache yet.</summary>
/// <remarks>
/// It is kept in two parts: what only this picture has (the end of a text, a supplied value), and what every picture of the profile has at this place, whose
/// tokens and tries can be kept.
/// </remarks>
internal sealed class AnswerLead
{
    private string _own = "";
    private string _common = "";
    private int _taken;

    /// <summary>Begins with what another section left.</summary>
    public AnswerLead(PlanStart start) => (_common, _taken) = (start.Rest, start.TailTaken);

    /// <summary>Nothing is left to be written.</summary>
    public bool IsEmpty => Own.Length + Common.Length == 0;

    /// <summary>What only this picture has.</summary>
    public string Own => _own;

    /// <summary>What every picture has here, without the bytes that the last token took with it.</summary>
    public string Common => _taken == 0 ? _common : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(_common).AsSpan(Math.Min(_taken, Encoding.UTF8.GetByteCount(_common))));

    /// <summary>Where another section goes on.</summary>
    public PlanStart End => _own.Length == 0 ? new(_common, _taken, []) : new(_own + _common, 0, []);

    /// <summary>Adds text that every picture has.</summary>
    public void Add(string text) => _common += text;

    /// <summary>Adds text that this picture has.</summary>
    public void AddOwn(string text) => (_own, _common, _taken) = (_own + Common + text, "", 0);

    /// <summary>It is in the cache now.</summary>
    /// <param name="taken">Bytes of what will be added next that are there too.</param>
    public void Clear(int taken = 0) => (_own, _common, _taken) = ("", "", taken);
}
